using System.Net;
using Microsoft.Extensions.Logging;

namespace Calico.Bgp;

/// <summary>Log messages of the package: event ids 3000 to 3099.</summary>
internal sealed partial class BgpLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(3001, LogLevel.Debug, "{Neighbor}: {Before} -> {After}")]
    public partial void StateChanged(string neighbor, BgpState before, BgpState after);

    [LoggerMessage(3002, LogLevel.Information, "{Neighbor}: session up, AS {Asn}, {Families}")]
    private partial void SessionUp(string neighbor, Asn asn, string families);

    public void SessionUp(string neighbor, Asn asn, IEnumerable<Family> families) => SessionUp(neighbor, asn, string.Join(' ', families));

    [LoggerMessage(3003, LogLevel.Information, "{Neighbor}: session down: {Reason}")]
    public partial void SessionDown(string neighbor, string reason);

    [LoggerMessage(3004, LogLevel.Warning, "{Neighbor}: NOTIFICATION sent: {Error}")]
    public partial void NotificationSent(string neighbor, BgpError error);

    [LoggerMessage(3005, LogLevel.Warning, "{Neighbor}: NOTIFICATION received: {Error}")]
    public partial void NotificationReceived(string neighbor, BgpError error);

    [LoggerMessage(3006, LogLevel.Warning, "{Neighbor}: malformed UPDATE, {Treatment}: {Error}")]
    public partial void MalformedUpdate(string neighbor, ErrorTreatment treatment, BgpError error);

    [LoggerMessage(3007, LogLevel.Debug, "{Neighbor}: cannot connect: {Reason}")]
    public partial void DialFailed(string neighbor, string reason);

    [LoggerMessage(3008, LogLevel.Information, "Connection from {Remote} refused: no such neighbour")]
    public partial void ConnectionRejected(IPEndPoint remote);

    [LoggerMessage(3009, LogLevel.Warning, "{Neighbor}: more than {Limit} prefixes of {Family}")]
    public partial void TooManyPrefixes(string neighbor, Family family, int limit);

    [LoggerMessage(3010, LogLevel.Information, "{Neighbor}: gone; its routes are kept for {Time}")]
    public partial void KeepingRoutes(string neighbor, TimeSpan time);

    [LoggerMessage(3011, LogLevel.Debug, "{Neighbor}: End-of-RIB for {Family}")]
    public partial void EndOfRib(string neighbor, Family family);

    [LoggerMessage(3012, LogLevel.Information, "Initial routes are complete")]
    public partial void Synchronized();

    [LoggerMessage(3013, LogLevel.Information, "Listening on {EndPoint}")]
    public partial void Listening(IPEndPoint endPoint);

    [LoggerMessage(3014, LogLevel.Error, "Cannot accept on {EndPoint}: {Reason}")]
    public partial void AcceptFailed(IPEndPoint endPoint, string reason);

    [LoggerMessage(3015, LogLevel.Error, "Internal error while working for {Where}")]
    public partial void InternalError(Exception exception, string where);

    [LoggerMessage(3016, LogLevel.Information, "BMP collector {Collector}: connected")]
    public partial void CollectorConnected(EndPoint collector);

    [LoggerMessage(3017, LogLevel.Warning, "BMP collector {Collector}: {Reason}")]
    public partial void CollectorLost(EndPoint collector, string reason);

    [LoggerMessage(3018, LogLevel.Error, "Cannot record to {Path}: {Reason}")]
    public partial void RecordingFailed(string path, string reason);

    [LoggerMessage(3019, LogLevel.Warning, "RPKI cache {Cache}: {Reason}")]
    public partial void CacheLost(EndPoint cache, string reason);
}
