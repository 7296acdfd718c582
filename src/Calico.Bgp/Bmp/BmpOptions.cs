using System.Net;

namespace Calico.Bgp.Bmp;

/// <summary>Which tables a collector is shown.</summary>
[Flags]
public enum BmpTables
{
    /// <summary>None: sessions and statistics only.</summary>
    None = 0,

    /// <summary>Adj-RIB-In before policy: UPDATEs as they come. Routes from before the connection are told from the neighbour's kept routes
    /// (<see cref="NeighborOptions.SoftReconfiguration"/>), otherwise the neighbour is asked for them again (RFC 2918).</summary>
    PrePolicy = 1,

    /// <summary>Adj-RIB-In after policy.</summary>
    PostPolicy = 2,

    /// <summary>Loc-RIB (RFC 9069).</summary>
    LocRib = 4,
}

/// <summary>A BMP collector and what it is told.</summary>
public sealed record BmpOptions
{
    /// <summary>Where the collector listens: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>.</summary>
    public required EndPoint Collector { get; init; }

    /// <summary>Which tables. Default before and after policy.</summary>
    public BmpTables Tables { get; init; } = BmpTables.PrePolicy | BmpTables.PostPolicy;

    /// <summary>Between statistics reports; zero: none. Default 60 s.</summary>
    public TimeSpan StatisticsInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>sysName in the Initiation. Default the machine's name.</summary>
    public string SystemName { get; init; } = Environment.MachineName;

    /// <summary>sysDescr in the Initiation.</summary>
    public string SystemDescription { get; init; } = "Calico.Bgp";

    /// <summary>Octets of session events and UPDATEs before policy that may wait for the collector. Default 16 MiB.</summary>
    /// <remarks>The overflow policy is <em>resynchronize</em>: with more waiting the connection ends with Termination (out of resources), and the next one tells
    /// everything again, so a collector never holds a state with holes. Routes after policy and of the Loc-RIB need no such limit: of each path
    /// the last state alone waits.</remarks>
    public int QueueLimit { get; init; } = 16 * 1024 * 1024;

    /// <summary>Before the first attempt to connect again; doubles up to <see cref="MaximumReconnectTime"/>, with jitter of 75 to 100 %. Default 1 s.</summary>
    public TimeSpan ReconnectTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between attempts. Default 60 s.</summary>
    public TimeSpan MaximumReconnectTime { get; init; } = TimeSpan.FromSeconds(60);

    internal void Validate()
    {
        if (Collector is not (IPEndPoint or DnsEndPoint)) throw new ArgumentException($"{nameof(Collector)} is '{Collector}', neither an IPEndPoint nor a DnsEndPoint.");
        if (StatisticsInterval < TimeSpan.Zero) throw new ArgumentException($"{nameof(StatisticsInterval)} is {StatisticsInterval}: it must not be negative.");
        if (QueueLimit < 65536) throw new ArgumentException($"{nameof(QueueLimit)} is {QueueLimit}: one UPDATE may need 65536.");
        if (ReconnectTime <= TimeSpan.Zero || MaximumReconnectTime < ReconnectTime) throw new ArgumentException($"{nameof(ReconnectTime)} {ReconnectTime} has to be positive and at most {nameof(MaximumReconnectTime)} {MaximumReconnectTime}.");
    }
}
