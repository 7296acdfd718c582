using System.Net;

namespace Calico.Bgp.Testing;

/// <summary>A speaker in a <see cref="SimulatedNetwork"/>.</summary>
public sealed class SimulatedSpeaker : IBgpHost
{
    private static readonly Dictionary<IPNetwork, RibRoute> None = [];
    private readonly int _seed;
    private readonly IPAddress[] _addresses;
    private readonly Dictionary<IPNetwork, LocalRoute> _routes = [];
    private int _nextPort = 32768;
    private int _life;
    private long _wakeAt = long.MaxValue;
    private bool _touched;

    internal SimulatedSpeaker(SimulatedNetwork network, BgpSpeakerOptions options, string name, IPAddress[] addresses, int seed)
    {
        _seed = seed;
        _addresses = addresses;
        Network = network;
        Name = name;
        Options = options;
        Core = NewCore();
    }

    /// <summary>The network it is in.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its addresses.</summary>
    public IReadOnlyList<IPAddress> Addresses => _addresses;

    /// <summary>What it should be.</summary>
    public BgpSpeakerOptions Options { get; private set; }

    /// <summary>The speaker itself; another one after <see cref="Kill"/> and <see cref="Start"/>. Call <see cref="Touch"/> after changing anything in it.</summary>
    public BgpCore Core { get; private set; }

    /// <summary>Whether it has been started and not killed.</summary>
    public bool IsRunning => Core.IsRunning;

    /// <summary>Starts it, with the local routes it has been given.</summary>
    public void Start()
    {
        if (IsRunning) return;
        Core.SetLocalRoutes(_routes.Values);
        Core.Start();
        Touch();
    }

    /// <summary>Ends its process, as SIGKILL would: no NOTIFICATION, connections are reset. Its options and local routes stay for the next start.</summary>
    public void Kill()
    {
        if (!IsRunning) return;
        foreach (SimulatedLink link in Network.LinksOf(this)) link.Reset(this);
        _life++;
        _wakeAt = long.MaxValue;
        Core = NewCore();
    }

    /// <summary>Stops it in order.</summary>
    /// <param name="graceful">Whether neighbours are to keep its routes for a restart (RFC 4724); else Cease is sent.</param>
    public void Stop(bool graceful = false)
    {
        if (!IsRunning) return;
        Core.Stop(graceful);
        _life++;
        _wakeAt = long.MaxValue;
        Core = NewCore();
    }

    /// <summary>Changes what it should be; a running speaker keeps the sessions that the change does not touch.</summary>
    /// <param name="options">The whole new options.</param>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public void Apply(BgpSpeakerOptions options)
    {
        if (IsRunning)
        {
            Core.Apply(options);
            Options = options;
            Touch();
            return;
        }

        options.Validate();
        Options = options;
        Core = NewCore();
    }

    /// <summary>Adds or replaces a local route.</summary>
    /// <param name="route">The route.</param>
    public void Announce(LocalRoute route)
    {
        _routes[route.Prefix] = route;
        if (!IsRunning) return;
        Core.Announce(route);
        Touch();
    }

    /// <summary>Adds a local route to a prefix.</summary>
    /// <param name="prefix">For example <c>10.0.0.0/8</c>.</param>
    public void Announce(string prefix) => Announce(new LocalRoute(IPNetwork.Parse(prefix)));

    /// <summary>Takes a local route back.</summary>
    /// <param name="prefix">Its prefix.</param>
    /// <returns>False when there is none.</returns>
    public bool Withdraw(IPNetwork prefix)
    {
        if (!_routes.Remove(prefix)) return false;
        if (!IsRunning) return true;
        Core.Withdraw(prefix);
        Touch();
        return true;
    }

    /// <summary>The routes in use.</summary>
    /// <param name="family">The family; IPv4 unicast when null.</param>
    /// <returns>By prefix; empty when it does not run.</returns>
    public IReadOnlyDictionary<IPNetwork, RibRoute> BestRoutes(Family? family = null) =>
        IsRunning ? Core.Routes(new RibQuery { Family = family ?? Family.Ipv4Unicast }).ToDictionary(r => r.Prefix) : None;

    /// <summary>Whether a session with a speaker is up.</summary>
    /// <param name="other">The speaker.</param>
    /// <returns>True when it is established at this end.</returns>
    public bool IsConnectedTo(SimulatedSpeaker other) =>
        IsRunning && Core.Neighbors().Any(n => n.State == BgpState.Established && other._addresses.Contains(n.Address));

    /// <summary>Has what was changed in <see cref="Core"/> sent, and its timers looked after.</summary>
    public void Touch()
    {
        if (_touched) return;
        _touched = true;
        Network.UnderWay++;
        Network.Schedule(Network.Part(Network.Options.Batching), () =>
        {
            _touched = false;
            Network.UnderWay--;
            if (!IsRunning) return;
            Core.Flush();
            Rearm();
        });
    }

    /// <summary>All sessions that can be up are, none is that cannot be, and no route is stale.</summary>
    internal bool IsSettled()
    {
        if (!IsRunning) return true;
        foreach (NeighborStatus status in Core.Neighbors())
        {
            if (Network.Find(status.Address) is not { } other) continue;
            bool isUp = status.State == BgpState.Established;
            bool canBeUp = other.IsRunning && Network.Link(this, other).IsUp && Expects(status.Address) && _addresses.Any(other.Expects);
            if (isUp != canBeUp) return false;
        }

        return !Core.Routes(new RibQuery { AllPaths = true }).Any(r => r.IsStale)
            && !Core.Routes(new RibQuery { Family = Family.Ipv6Unicast, AllPaths = true }).Any(r => r.IsStale);
    }

    private bool Expects(IPAddress address) =>
        Options.Neighbors.Any(n => !n.Shutdown && (n.Address?.Equals(address) == true || n.Range?.Contains(address) == true));

    private BgpCore NewCore() => new(Options, this, Network.Time, seed: _seed + _life);

    // One event is enough for all timers: it looks again when it comes too early.
    private void Rearm()
    {
        if (Core.UntilNextTimer is not { } wait) return;
        long at = Network.Time.GetTimestamp() + wait.Ticks;
        if (at >= _wakeAt) return;
        _wakeAt = at;
        int life = _life;
        Network.ScheduleAt(at, () =>
        {
            if (life != _life || _wakeAt != at) return;
            _wakeAt = long.MaxValue;
            Core.RunTimers();
            Core.Flush();
            Rearm();
        });
    }

    /// <inheritdoc/>
    void IBgpHost.Dial(BgpDial dial) => new SimulatedDial(Network, this, dial, ++_nextPort).Start();
}
