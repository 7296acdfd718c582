using Microsoft.Extensions.Logging;

namespace Calico.Datastore;

/// <summary>The package's log events, ids 6000 to 6099.</summary>
internal static partial class DatastoreLog
{
    [LoggerMessage(6000, LogLevel.Warning, "The datastore is not followed just now, requests read directly: {Reason}")]
    public static partial void NotFollowed(ILogger logger, string reason);

    [LoggerMessage(6001, LogLevel.Warning, "{Key} is left out, it cannot be read: {Reason}")]
    public static partial void NotReadable(ILogger logger, string key, string reason);

    [LoggerMessage(6002, LogLevel.Warning, "A commit of {Writes} writes, the first to {Key}, has no certain outcome: {Reason}")]
    public static partial void Ambiguous(ILogger logger, int writes, string key, string? reason);

    [LoggerMessage(6003, LogLevel.Warning, "{Operation} failed: {Reason}")]
    public static partial void Failed(ILogger logger, string operation, string reason);

    [LoggerMessage(6004, LogLevel.Debug, "A commit of {Writes} writes, the first to {Key}, lost against another writer")]
    public static partial void Conflict(ILogger logger, int writes, string key);
}
