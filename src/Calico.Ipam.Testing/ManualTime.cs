namespace Calico.Ipam.Testing;

/// <summary>A clock that a test sets: it may stand still, run and jump in both directions.</summary>
/// <param name="start">What it shows first.</param>
public sealed class ManualTime(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset _now = start;

    /// <summary>Moves the clock; a negative span sets it back.</summary>
    /// <param name="by">By how much.</param>
    public void Advance(TimeSpan by) => _now += by;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _now;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now.Ticks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
}
