using Microsoft.Extensions.Logging;

namespace Calico.Ipam.Engine;

/// <summary>The package's log events, ids 4000 to 4099.</summary>
internal static partial class IpamLog
{
    [LoggerMessage(4000, LogLevel.Information, "{Owner} claimed block {Block}")]
    public static partial void Claimed(ILogger logger, string owner, string block);

    [LoggerMessage(4001, LogLevel.Warning, "{Node}: {Shortfall}")]
    public static partial void Shortfall(ILogger logger, string node, string shortfall);

    [LoggerMessage(4002, LogLevel.Debug, "A write to {Key} lost against another writer")]
    public static partial void Conflict(ILogger logger, string key);

    [LoggerMessage(4003, LogLevel.Warning, "The answer to a write to {Key} was lost; the document is read again to decide")]
    public static partial void Ambiguous(ILogger logger, string key);

    [LoggerMessage(4004, LogLevel.Warning, "Not released: {Reason}")]
    public static partial void NotReleased(ILogger logger, string reason);

    [LoggerMessage(4005, LogLevel.Information, "{Owner} gave up block {Block}")]
    public static partial void GaveUp(ILogger logger, string owner, string block);

    [LoggerMessage(4006, LogLevel.Information, "Garbage collection released {Count} addresses")]
    public static partial void Collected(ILogger logger, int count);
}
