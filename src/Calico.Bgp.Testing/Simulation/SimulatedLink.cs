namespace Calico.Bgp.Testing;

/// <summary>The way between two speakers.</summary>
public sealed class SimulatedLink
{
    private readonly SimulatedNetwork _network;
    private readonly List<PipeEnd> _ends = [];

    internal SimulatedLink(SimulatedNetwork network, SimulatedSpeaker one, SimulatedSpeaker other)
    {
        _network = network;
        (One, Other) = (one, other);
        (Delay, Jitter) = (network.Options.Delay, network.Options.Jitter);
    }

    /// <summary>One end.</summary>
    public SimulatedSpeaker One { get; }

    /// <summary>The other end.</summary>
    public SimulatedSpeaker Other { get; }

    /// <summary>How long octets are on the way, at least; holds for what is sent from now on.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The most that is added to <see cref="Delay"/>.</summary>
    public TimeSpan Jitter { get; set; }

    /// <summary>Whether octets pass.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>Whether the link is down in such a way that nobody is told.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>Takes the link down.</summary>
    /// <param name="silently">
    /// False: connections break at once at both ends, and what was on the way is lost. True: nobody is told; octets wait, and go on when the
    /// link comes back, unless a hold timer has expired before.
    /// </param>
    public void Cut(bool silently = false)
    {
        IsUp = false;
        IsSilent = silently;
        if (silently) return;
        foreach (PipeEnd end in _ends.ToArray()) end.Break("the link is down");
    }

    /// <summary>Brings the link back.</summary>
    public void Restore()
    {
        if (IsUp) return;
        IsUp = true;
        IsSilent = false;
        foreach (PipeEnd end in _ends.ToArray()) end.Resume();
    }

    internal TimeSpan NextDelay() => Delay + _network.Part(Jitter);

    internal void Attach(PipeEnd end) => _ends.Add(end);

    internal void Detach(PipeEnd end) => _ends.Remove(end);

    /// <summary>Both ends break: the process of one is gone.</summary>
    internal void Reset(SimulatedSpeaker gone)
    {
        foreach (PipeEnd end in _ends.ToArray())
        {
            if (end.Owner == gone) end.Vanish();
        }
    }
}
