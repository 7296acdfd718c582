namespace Calico.Ipam.Planning;

/// <summary>When a pool runs full if it goes on as it did.</summary>
/// <param name="GrowthPerDay">Addresses a day; negative when use falls.</param>
/// <param name="FullAt">When nothing is left; null when that is not in sight (within 100 years).</param>
public sealed record PoolForecast(double GrowthPerDay, DateTimeOffset? FullAt)
{
    private const double Horizon = 36525;

    /// <summary>A straight line through what was seen (least squares).</summary>
    /// <param name="samples">Addresses in use over time, at least two moments.</param>
    /// <param name="available">Addresses that are free at the last of them.</param>
    /// <returns>The forecast; null when the samples tell nothing.</returns>
    public static PoolForecast? Of(IReadOnlyCollection<(DateTimeOffset At, long InUse)> samples, long available)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Count < 2) return null;
        DateTimeOffset first = samples.Min(sample => sample.At), last = samples.Max(sample => sample.At);
        if (first == last) return null;
        double meanDay = samples.Average(sample => (sample.At - first).TotalDays), meanUse = samples.Average(sample => (double)sample.InUse);
        double covariance = samples.Sum(sample => ((sample.At - first).TotalDays - meanDay) * (sample.InUse - meanUse));
        double variance = samples.Sum(sample => Math.Pow((sample.At - first).TotalDays - meanDay, 2));
        double perDay = covariance / variance;
        if (available <= 0) return new PoolForecast(perDay, last);
        double days = perDay > 0 ? available / perDay : double.PositiveInfinity;
        return new PoolForecast(perDay, days < Horizon ? last.AddDays(days) : null);
    }
}
