using Calico.Policy.Model;

namespace Calico.Dataplane;

/// <summary>What may pass a workload's interface in a second.</summary>
/// <param name="ToWorkload">Towards the workload (ingress); null for no limit.</param>
/// <param name="FromWorkload">From the workload (egress); null for no limit.</param>
public sealed record InterfaceBandwidth(BandwidthLimit? ToWorkload, BandwidthLimit? FromWorkload)
{
    /// <summary>The limits of an endpoint; null when it has none.</summary>
    public static InterfaceBandwidth? Of(QosModel? qos)
    {
        BandwidthLimit? to = BandwidthLimit.Of(qos?.IngressBandwidth, qos?.IngressBurst, qos?.IngressPeakRate, qos?.IngressMinBurst);
        BandwidthLimit? from = BandwidthLimit.Of(qos?.EgressBandwidth, qos?.EgressBurst, qos?.EgressPeakRate, qos?.EgressMinBurst);
        return to is null && from is null ? null : new InterfaceBandwidth(to, from);
    }
}

/// <summary>A token bucket in bytes, as Calico and the CNI bandwidth plugin make it of the bits that people write.</summary>
/// <param name="Rate">Bytes per second.</param>
/// <param name="Burst">The bucket in bytes.</param>
/// <param name="PeakRate">Bytes per second at which a burst may pass; 0 for no bound.</param>
/// <param name="MinBurst">The bucket of the peak rate in bytes; 0 without peak rate.</param>
public sealed record BandwidthLimit(ulong Rate, uint Burst, ulong PeakRate = 0, uint MinBurst = 0)
{
    private const uint DefaultBurst = 512 << 20; // 4 Gibit
    private const uint DefaultMinBurst = 64 << 10;

    /// <summary>How long a packet may wait for tokens before it is dropped.</summary>
    internal static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(25);

    internal static BandwidthLimit? Of(long? bits, long? burst, long? peak, long? minimum)
    {
        if (bits is not > 0) return null;
        ulong rate = Math.Max((ulong)bits.Value / 8, 1), peakRate = peak is > 0 ? (ulong)peak.Value / 8 : 0;
        uint bucket = burst is > 0 ? (uint)Math.Clamp(burst.Value / 8, 1, uint.MaxValue) : DefaultBurst;
        return peakRate <= rate
            ? new BandwidthLimit(rate, bucket)
            : new BandwidthLimit(rate, bucket, peakRate, minimum is > 0 ? (uint)Math.Min(minimum.Value, uint.MaxValue) : DefaultMinBurst);
    }
}
