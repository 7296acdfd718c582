using System.Net;

namespace Calico.Bgp.Testing;

/// <summary>Many speakers in one thread and in virtual time: hours pass in milliseconds, and a seed always gives the same run.</summary>
/// <remarks>
/// Speakers are <see cref="BgpCore"/>s as a program would embed them; the network carries their connections over links with delays.
/// Octets of one connection arrive in order, as with TCP; what happens on different connections comes in an order that the seed decides.
/// Not for several threads at once.
/// </remarks>
public sealed class SimulatedNetwork
{
    private readonly EventQueue _queue;
    private readonly Random _random;
    private readonly List<SimulatedSpeaker> _speakers = [];
    private readonly Dictionary<IPAddress, SimulatedSpeaker> _byAddress = [];
    private readonly Dictionary<(SimulatedSpeaker, SimulatedSpeaker), SimulatedLink> _links = [];
    private readonly VirtualTime _time;

    /// <summary>An empty network.</summary>
    /// <param name="seed">Decides the order of what could happen in several.</param>
    /// <param name="options">Timing; the defaults when null.</param>
    public SimulatedNetwork(int seed = 0, SimulatedNetworkOptions? options = null)
    {
        Options = options ?? new SimulatedNetworkOptions();
        Options.Validate();
        Seed = seed;
        _random = new Random(seed);
        _time = new VirtualTime();
        _queue = new EventQueue(_time, _random);
    }

    /// <summary>What decides the order of events.</summary>
    public int Seed { get; }

    /// <summary>The virtual clock.</summary>
    public TimeProvider Time => _time;

    /// <summary>Virtual time since the network was made.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_time.Ticks);

    /// <summary>The speakers, in the order they were added.</summary>
    public IReadOnlyList<SimulatedSpeaker> Speakers => _speakers;

    /// <summary>Events handled so far: arrivals, timers, connections.</summary>
    public long Events { get; private set; }

    /// <summary>Raised when octets arrive: from, to, and whole messages as they were sent.</summary>
    public event Action<SimulatedSpeaker, SimulatedSpeaker, ReadOnlyMemory<byte>>? Delivered;

    internal SimulatedNetworkOptions Options { get; }

    internal int UnderWay { get; set; }

    /// <summary>Adds a speaker; it does nothing before <see cref="Start"/>.</summary>
    /// <param name="options">What it should be. Neighbours are found by address.</param>
    /// <param name="name">A name for reading results; the router id when null.</param>
    /// <param name="addresses">Its addresses; the router id when there are none.</param>
    /// <returns>The speaker.</returns>
    /// <exception cref="ArgumentException">An address belongs to another speaker, or the options contradict themselves.</exception>
    public SimulatedSpeaker Add(BgpSpeakerOptions options, string? name = null, params IPAddress[] addresses)
    {
        if (addresses.Length == 0) addresses = [options.RouterId];
        foreach (IPAddress address in addresses)
        {
            if (_byAddress.TryGetValue(address, out SimulatedSpeaker? other)) throw new ArgumentException($"{address} is an address of '{other.Name}' already.", nameof(addresses));
        }

        var speaker = new SimulatedSpeaker(this, options, name ?? options.RouterId.ToString(), addresses, _random.Next());
        foreach (IPAddress address in addresses) _byAddress[address] = speaker;
        _speakers.Add(speaker);
        return speaker;
    }

    /// <summary>The way between two speakers. Every pair has one, up from the start, with the delays of the options.</summary>
    /// <param name="one">One end.</param>
    /// <param name="other">The other end.</param>
    /// <returns>Always the same link for the same two.</returns>
    /// <exception cref="ArgumentException">Both are the same, or one is of another network.</exception>
    public SimulatedLink Link(SimulatedSpeaker one, SimulatedSpeaker other)
    {
        if (one == other || one.Network != this || other.Network != this) throw new ArgumentException("A link joins two different speakers of this network.", nameof(other));
        if (_links.TryGetValue((one, other), out SimulatedLink? link)) return link;
        link = new SimulatedLink(this, one, other);
        _links[(one, other)] = _links[(other, one)] = link;
        return link;
    }

    /// <summary>Starts every speaker that does not run.</summary>
    public void Start()
    {
        foreach (SimulatedSpeaker speaker in _speakers) speaker.Start();
    }

    /// <summary>Does something later, between other events.</summary>
    /// <param name="delay">Virtual time from now.</param>
    /// <param name="action">What to do.</param>
    public void After(TimeSpan delay, Action action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        UnderWay++;
        Schedule(delay, () =>
        {
            UnderWay--;
            action();
        });
    }

    /// <summary>Lets virtual time pass.</summary>
    /// <param name="time">How much.</param>
    public void RunFor(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        long end = _time.Ticks + time.Ticks;
        while (_queue.NextAt <= end) Step();
        _time.MoveTo(end);
    }

    /// <summary>Runs until nothing is left to happen: all sessions that can be up are, every message but KEEPALIVEs has arrived, and no speaker holds stale routes.</summary>
    /// <param name="limit">The most virtual time to spend; 10 minutes when null.</param>
    /// <returns>False when the limit passed first: routes oscillate, or a session that should come up does not.</returns>
    public bool RunUntilQuiet(TimeSpan? limit = null)
    {
        long end = _time.Ticks + (limit ?? TimeSpan.FromMinutes(10)).Ticks;
        long nextLook = _time.Ticks;
        while (true)
        {
            if (UnderWay == 0 && _time.Ticks >= nextLook)
            {
                if (IsSettled()) return true;
                nextLook = _time.Ticks + TimeSpan.TicksPerMillisecond * 100;
            }

            if (_queue.NextAt > end)
            {
                _time.MoveTo(end);
                return UnderWay == 0 && IsSettled();
            }

            Step();
        }
    }

    private bool IsSettled() => _speakers.TrueForAll(speaker => speaker.IsSettled());

    private void Step()
    {
        Action action = _queue.Take();
        Events++;
        action();
    }

    internal IEnumerable<SimulatedLink> LinksOf(SimulatedSpeaker speaker) => _links.Where(l => l.Key.Item1 == speaker).Select(l => l.Value).ToArray();

    internal SimulatedSpeaker? Find(IPAddress address) => _byAddress.GetValueOrDefault(address);

    internal void Schedule(TimeSpan delay, Action action) => _queue.Add(_time.Ticks + delay.Ticks, action);

    internal void ScheduleAt(long ticks, Action action) => _queue.Add(ticks, action);

    /// <summary>A random part of a time.</summary>
    internal TimeSpan Part(TimeSpan time) => time == TimeSpan.Zero ? time : TimeSpan.FromTicks(_random.NextInt64(time.Ticks + 1));

    internal void Tell(SimulatedSpeaker from, SimulatedSpeaker to, ReadOnlyMemory<byte> octets) => Delivered?.Invoke(from, to, octets);
}
