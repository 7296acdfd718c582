using Microsoft.Extensions.Logging;

namespace Calico.Agent;

internal static partial class Log
{
    [LoggerMessage(EventId = 6001, Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void Problem(ILogger logger, string problem);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message = "{Key} cannot be read and is left as it was: {Reason}")]
    public static partial void Unreadable(ILogger logger, string key, string reason);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Error, Message = "The datastore cannot be followed: {Reason}. What is in force stays in force.")]
    public static partial void DatastoreLost(ILogger logger, string reason);

    [LoggerMessage(EventId = 6004, Level = LogLevel.Error, Message = "Node {Node} has no IPv4 address and no router id: it speaks no BGP.")]
    public static partial void NoRouterId(ILogger logger, string node);
}
