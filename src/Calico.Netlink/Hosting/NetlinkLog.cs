using Microsoft.Extensions.Logging;

namespace Calico.Netlink;

/// <summary>Log messages of this package: event ids 2000–2099. They tell what an operator should know and no exception says: work that was repeated, and what others did.</summary>
internal static partial class NetlinkLog
{
    [LoggerMessage(EventId = 2000, Level = LogLevel.Warning, Message = "{Protocol}: the receive buffer overflowed and replies were lost; the state must be read back")]
    public static partial void RepliesLost(this ILogger logger, NetlinkProtocol protocol);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "{Protocol}: events came faster than they were read and some were lost")]
    public static partial void EventsLost(this ILogger logger, NetlinkProtocol protocol);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Debug, Message = "{Protocol}: dump interrupted by a change, attempt {Attempt}")]
    public static partial void DumpInterrupted(this ILogger logger, NetlinkProtocol protocol, int attempt);

    [LoggerMessage(EventId = 2010, Level = LogLevel.Warning, Message = "Route table {Table}: {Conflict}")]
    public static partial void RouteConflict(this ILogger logger, uint table, RouteConflict conflict);

    [LoggerMessage(EventId = 2011, Level = LogLevel.Warning, Message = "Route table {Table}: {Failure}")]
    public static partial void RouteFailure(this ILogger logger, uint table, RouteFailure failure);

    [LoggerMessage(EventId = 2020, Level = LogLevel.Debug, Message = "{Table}: others committed meanwhile, attempt {Attempt}")]
    public static partial void GenerationConflict(this ILogger logger, NfTables.NftTableId table, int attempt);
}
