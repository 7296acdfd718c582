namespace Calico.Datastore.Etcd.Client;

/// <summary>How long and how often an operation goes on trying.</summary>
internal sealed class Attempts(TimeSpan limit)
{
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private int _failures;
    private int _tokens;

    public bool MayTryAgain(FailureKind kind)
    {
        if (kind == FailureKind.TokenExpired) return ++_tokens <= 3;
        _failures++;
        return TimeProvider.System.GetElapsedTime(_started) < limit;
    }

    /// <summary>None while there are members not yet asked, then growing, with jitter.</summary>
    public TimeSpan NextPause(TimeSpan first, TimeSpan last, int members)
    {
        int round = _failures / members;
        if (_failures < members || round == 0) return TimeSpan.Zero;
        TimeSpan pause = first * Math.Pow(2, Math.Min(round - 1, 10));
        return (pause < last ? pause : last) * (0.5 + Random.Shared.NextDouble());
    }
}
