using Microsoft.Extensions.Logging;

namespace Calico.Policy.Engine;

/// <summary>Log messages of this package: event ids 1000–1099.</summary>
internal static partial class PolicyLog
{
    [LoggerMessage(EventId = 1000, Level = LogLevel.Debug, Message = "{Events} events gave {Deltas} deltas in {Milliseconds:0.###} ms")]
    public static partial void Flushed(this ILogger logger, long events, int deltas, double milliseconds);

    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "{Subject}: {Place}: {Fault}")]
    public static partial void Faulty(this ILogger logger, string subject, string place, string fault);
}
