using System.Buffers.Binary;
using System.Net;
using Calico.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Bgp;

/// <summary>A whole BGP speaker without sockets or clocks of its own: events in, messages out.</summary>
/// <remarks>
/// <see cref="BgpSpeaker"/> puts TCP around it; a simulator puts something else. One call at a time; nothing in here blocks or waits.
/// After a number of events call <see cref="Flush"/>: what changed meanwhile goes out then, packed. Call <see cref="RunTimers"/> when
/// <see cref="UntilNextTimer"/> has passed.
/// <para>
/// Parts: <c>Session</c> is a connection with its state machine; <c>Neighbor</c> holds the sessions of a neighbour and outlives them;
/// <c>Rib</c> holds the routes of a family; <c>ExportLane</c> is a set of neighbours that get the same. Received UPDATEs go through
/// import (loops, next hop, filter) into the Rib; the Rib notes changed destinations; <see cref="Flush"/> hands them to the lanes.
/// </para>
/// </remarks>
public sealed partial class BgpCore
{
    private readonly IBgpHost _host;
    private readonly Random _random;
    private readonly Dictionary<IPAddress, Neighbor> _neighbors = [];
    private readonly Dictionary<IBgpConnection, Session> _sessions = [];
    private readonly List<PathSource?> _sources = [null];
    private readonly Stack<ushort> _freeSources = new();
    private readonly Dictionary<Family, Rib> _ribs = [];
    private readonly AttributeTable _attributes = new();
    private readonly Decision _decision;
    private readonly ExportScratch _scratch = new();

    /// <summary>A speaker; nothing happens before <see cref="Start"/>.</summary>
    /// <param name="options">What the speaker should be.</param>
    /// <param name="host">Who dials.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="logger">Where to log; nowhere when null.</param>
    /// <param name="seed">Seeds the jitter of timers; random when null.</param>
    /// <exception cref="ArgumentException">The options contradict themselves; the message names the option.</exception>
    public BgpCore(BgpSpeakerOptions options, IBgpHost host, TimeProvider? time = null, ILogger? logger = null, int? seed = null)
    {
        OptionsCheck.ThrowIfInvalid(options);
        Options = options;
        _host = host;
        _random = seed is int s ? new Random(s) : new Random();
        Timers = new CoreTimers(time ?? TimeProvider.System);
        Log = new BgpLog(logger ?? NullLogger.Instance);
        _decision = new Decision(_attributes, SourceOf);
        _sources.Add(new PathSource { Index = PathSource.LocalIndex, Party = RouteParty.Local });
        _deferralTimer = Timers.Create(EndDeferral);
        RouterId = Number(options.RouterId);
        Configure();
    }

    internal BgpSpeakerOptions Options { get; private set; }

    internal CoreTimers Timers { get; }

    internal BgpLog Log { get; }

    internal uint RouterId { get; private set; }

    internal uint ClusterId { get; private set; }

    /// <summary>Whether the core has been started and not stopped.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Time until <see cref="RunTimers"/> has something to do; null while no timer runs.</summary>
    public TimeSpan? UntilNextTimer => Timers.UntilNext();

    /// <summary>Fires timers that are due.</summary>
    public void RunTimers() => Timers.Run();

    /// <summary>Starts all neighbours.</summary>
    public void Start()
    {
        if (IsRunning) return;
        IsRunning = true;
        BeginSynchronization();
        foreach (NeighborOptions neighbor in Options.Neighbors)
        {
            if (neighbor.Address is not null) AddNeighbor(neighbor);
        }

        CheckSynchronized();
    }

    /// <summary>Ends all sessions.</summary>
    /// <param name="graceful">Whether to go without NOTIFICATION, so that neighbours keep the routes for a restart (RFC 4724); else Cease is sent.</param>
    /// <param name="message">Said with the Cease (RFC 9003).</param>
    public void Stop(bool graceful = false, string? message = null)
    {
        IsRunning = false;
        foreach (Neighbor neighbor in _neighbors.Values.ToArray())
        {
            neighbor.IsRemoved = true;
            if (graceful) Abandon(neighbor);
            else StopNeighbor(neighbor, new BgpError(BgpErrorCode.Cease, CeaseSubcode.AdministrativeShutdown, BgpErrorText.Communication(message)));
        }
    }

    private static void Abandon(Neighbor neighbor)
    {
        foreach (Session session in neighbor.Sessions.ToArray()) session.Fire(BgpEvent.TcpConnectionFails);
    }

    internal PathSource SourceOf(ushort index) => _sources[index]!;

    internal TimeSpan Jitter(TimeSpan time) => time * (0.75 + 0.25 * _random.NextDouble());

    internal Rib RibOf(Family family)
    {
        if (_ribs.TryGetValue(family, out Rib? rib)) return rib;
        rib = family.Afi == 1 ? new RibTable<Ipv4Key>(family, _attributes, _decision) : new RibTable<Ipv6Key>(family, _attributes, _decision);
        rib.TellEveryPath = Options.BestPath.MaximumPaths > 1;
        return _ribs[family] = rib;
    }

    private void Configure()
    {
        ClusterId = Options.ClusterId is { } cluster ? Number(cluster) : RouterId;
        _decision.Options = Options.BestPath;
        _decision.DefaultLocalPreference = Options.DefaultLocalPreference;
    }

    private static uint Number(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[4];
        address.TryWriteBytes(octets, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(octets);
    }

    private PathSource AddSource(Func<ushort, PathSource> make)
    {
        if (!_freeSources.TryPop(out ushort index))
        {
            index = (ushort)_sources.Count;
            _sources.Add(null);
        }

        PathSource source = make(index);
        _sources[index] = source;
        return source;
    }

    /// <summary>Is shown every message; null: nobody is.</summary>
    public BgpTracer? Tracer { get; set; }
}

/// <summary>Is shown messages as they are sent and received.</summary>
/// <param name="trace">The messages; valid during the call.</param>
public delegate void BgpTracer(in BgpTrace trace);
