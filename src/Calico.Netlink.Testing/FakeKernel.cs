using System.Net.NetworkInformation;

namespace Calico.Netlink.Testing;

/// <summary>
/// A network namespace in memory that speaks NETLINK_ROUTE: links, addresses, routes, rules, neighbours and nexthop objects, with notifications and the faults a real kernel has.
/// Programs under test get an <see cref="RtNetlink"/> from it and need no privilege.
/// </summary>
/// <remarks>
/// Answers follow Linux: EEXIST for an exclusive create of what is there, ESRCH for a route that is not, ENODEV for an unknown interface, IPv4 routes vanish silently with their link.
/// Thread-safe; requests are worked off inside the send, as in the kernel.
/// </remarks>
public sealed class FakeKernel
{
    private readonly Lock _lock = new();
    private readonly List<FakeTransport> _transports = [];
    private readonly Queue<FakeFault> _faults = [];
    private uint _nextPort = 1000;

    /// <summary>A namespace with a loopback interface, index 1.</summary>
    public FakeKernel() => State.AddLink(new Link { Index = 1, Name = "lo", HardwareType = 772, Mtu = 65_536, Flags = LinkFlags.Loopback });

    internal FakeNamespace State { get; } = new();

    /// <summary>The interfaces, by index.</summary>
    public IReadOnlyList<Link> Links => Locked(() => State.Links.Values.ToList());

    /// <summary>The addresses.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses => Locked(() => State.Addresses.ToList());

    /// <summary>The routes, in the order they were made.</summary>
    public IReadOnlyList<Route> Routes => Locked(() => State.Routes.ToList());

    /// <summary>The policy rules, by priority.</summary>
    public IReadOnlyList<RoutingRule> Rules => Locked(() => State.Rules.ToList());

    /// <summary>The neighbours and forwarding entries.</summary>
    public IReadOnlyList<Neighbour> Neighbours => Locked(() => State.Neighbours.ToList());

    /// <summary>The nexthop objects, by id.</summary>
    public IReadOnlyList<Nexthop> Nexthops => Locked(() => State.Nexthops.Values.ToList());

    /// <summary>Number of requests worked off.</summary>
    public int RequestCount { get; private set; }

    /// <summary>Clients that talk to this namespace.</summary>
    public RtNetlink OpenRoute(NetlinkConnectionOptions? options = null) => new(new NetlinkConnection(NetlinkProtocol.Route, OpenTransport(), options));

    /// <summary>A stream of changes in this namespace.</summary>
    public RtMonitor OpenMonitor(NetlinkOverflow overflow = NetlinkOverflow.Report) => new(new NetlinkSubscription(OpenTransport(), FakeMessages.AllGroups), overflow);

    /// <summary>A raw transport, for connections of your own.</summary>
    /// <param name="receiveBufferMessages">How many messages may wait before some are lost.</param>
    public INetlinkTransport OpenTransport(int receiveBufferMessages = 100_000)
    {
        lock (_lock)
        {
            FakeTransport transport = new(this, ++_nextPort, receiveBufferMessages);
            _transports.Add(transport);
            return transport;
        }
    }

    /// <summary>Makes an interface that is up, without a request. Returns its index.</summary>
    public int AddLink(string name, PhysicalAddress? address = null)
    {
        lock (_lock)
        {
            Link link = new() { Index = State.NextIndex, Name = name, HardwareType = 1, Mtu = 1500, Flags = LinkFlags.Up | LinkFlags.Running, HardwareAddress = address };
            State.AddLink(link);
            Notify(new LinkEvent(link));
            return link.Index;
        }
    }

    /// <summary>Answers a request to come with an error instead of doing it: the one after <paramref name="after"/> others.</summary>
    public void FailRequest(Errno error, string? message = null, int after = 0) => Add(new FakeFault(FakeFaultKind.Refuse, after, error, message));

    /// <summary>Marks the next dump as interrupted by a change.</summary>
    public void InterruptDump() => Add(new FakeFault(FakeFaultKind.InterruptDump, 0, Errno.None, null));

    /// <summary>Loses the answers to the next send, as a full receive buffer does: the requests are done.</summary>
    public void LoseReplies() => Add(new FakeFault(FakeFaultKind.LoseReplies, 0, Errno.None, null));

    /// <summary>Tells every monitor that events were lost.</summary>
    public void OverflowMonitors()
    {
        lock (_lock)
        {
            foreach (FakeTransport transport in _transports.Where(t => t.HasGroups)) transport.Overflow();
        }
    }

    internal void Closed(FakeTransport transport)
    {
        lock (_lock) _transports.Remove(transport);
    }

    internal void WorkOff(FakeTransport sender, ReadOnlySpan<byte> messages)
    {
        lock (_lock)
        {
            bool lose = TakeFault(FakeFaultKind.LoseReplies) is not null;
            NetlinkMessageReader reader = new(messages);
            while (reader.MoveNext())
            {
                RequestCount++;
                FakeRequest request = new(this, sender, reader.Current);
                FakeFault? refused = TakeRefusal();
                if (refused is not null) request.Answer(refused.Error, refused.Message);
                else request.Handle(reader.Current);
            }

            if (lose) sender.Overflow();
        }
    }

    internal bool TakeDumpInterruption() => TakeFault(FakeFaultKind.InterruptDump) is not null;

    internal void Notify(RtEvent happened, FakeTransport? origin = null, bool replaced = false)
    {
        foreach (FakeTransport transport in _transports) transport.Notify(happened, origin?.PortId ?? 0, replaced);
    }

    private void Add(FakeFault fault)
    {
        lock (_lock) _faults.Enqueue(fault);
    }

    private FakeFault? TakeFault(FakeFaultKind kind) =>
        _faults.TryPeek(out FakeFault? fault) && fault.Kind == kind ? _faults.Dequeue() : null;

    private FakeFault? TakeRefusal()
    {
        if (!_faults.TryPeek(out FakeFault? fault) || fault.Kind != FakeFaultKind.Refuse) return null;
        if (fault.After == 0) return _faults.Dequeue();
        fault.After--;
        return null;
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_lock) return read();
    }
}

internal enum FakeFaultKind
{
    Refuse,
    InterruptDump,
    LoseReplies,
}

internal sealed class FakeFault(FakeFaultKind kind, int after, Errno error, string? message)
{
    public FakeFaultKind Kind => kind;
    public Errno Error => error;
    public string? Message => message;
    public int After { get; set; } = after;
}
