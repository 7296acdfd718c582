namespace Calico.Bgp.Testing;

/// <summary>The timing of a <see cref="SimulatedNetwork"/>.</summary>
public sealed record SimulatedNetworkOptions
{
    /// <summary>How long octets are on the way, at least. Default 1 ms.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The most that is added to <see cref="Delay"/>, at random for each delivery: this reorders connections against each other. Default 20 ms.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest a speaker collects events before it sends what has changed, at random each time. Default 5 ms.</summary>
    public TimeSpan Batching { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>After how long an attempt to connect over a silent link fails. Default 3 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    internal void Validate()
    {
        ThrowIfNegative(Delay, nameof(Delay));
        ThrowIfNegative(Jitter, nameof(Jitter));
        ThrowIfNegative(Batching, nameof(Batching));
        ThrowIfNegative(ConnectTimeout, nameof(ConnectTimeout));
    }

    private static void ThrowIfNegative(TimeSpan time, string name)
    {
        if (time < TimeSpan.Zero) throw new ArgumentException($"{name} is {time}; it cannot be negative.", name);
    }
}
