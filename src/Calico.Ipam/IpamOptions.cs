namespace Calico.Ipam;

/// <summary>How an <see cref="IpamClient"/> works.</summary>
public sealed class IpamOptions
{
    /// <summary>How often a write is tried that loses against others before the operation gives up with <see cref="IpamErrorCode.Conflict"/>. Default 100, as Calico.</summary>
    public int MaxAttempts { get; set; } = 100;

    /// <summary>The longest wait before the second try; it doubles up to <see cref="MaxBackoff"/>, and the real wait is drawn below it. Default 2 ms; zero does not wait.</summary>
    public TimeSpan Backoff { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The upper bound of waits. Default 100 ms.</summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long pools, reservations, settings and labels read from the store are used without reading again. Default zero: read at every request.</summary>
    public TimeSpan ClusterCacheDuration { get; set; }

    /// <summary>How old the claim of an empty block of another node must be before it may be taken. Default 1 minute, as Calico.</summary>
    public TimeSpan ReclaimAge { get; set; } = TimeSpan.FromMinutes(1);
}
