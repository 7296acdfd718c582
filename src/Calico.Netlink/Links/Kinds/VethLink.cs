namespace Calico.Netlink;

/// <summary>One end of a pair of virtual Ethernet interfaces (linux/veth.h).</summary>
public sealed record VethLink : LinkKind
{
    private const ushort PeerAttribute = 1;

    /// <summary>Name of the other end. Used when the pair is made; the kernel does not report it.</summary>
    public string? PeerName { get; init; }

    /// <summary>Settings of the other end, among them the namespace it is made in. Used when the pair is made; the kernel takes up the other end only afterwards.</summary>
    public LinkSettings? Peer { get; init; }

    /// <inheritdoc/>
    public override string Name => "veth";

    internal override bool HasAttributes => PeerName is not null || Peer is not null;

    internal override void WriteAttributes(NetlinkMessageWriter message)
    {
        using NetlinkNest nest = message.Nest(PeerAttribute, flagged: false);
        LinkSettings peer = Peer ?? LinkSettings.None;
        if (peer.Up == true) throw new ArgumentException($"The other end {PeerName} of a veth pair cannot be up before the pair is made: set it up afterwards.");
        LinkMessages.WriteHeader(message, 0, peer);
        LinkMessages.WriteSettings(message, PeerName is null ? peer : peer with { Name = PeerName }, parentIndex: 0);
    }
}

/// <summary>An interface that drops what is sent to it.</summary>
public sealed record DummyLink : LinkKind
{
    /// <inheritdoc/>
    public override string Name => "dummy";

    internal override bool HasAttributes => false;

    internal override void WriteAttributes(NetlinkMessageWriter message)
    {
    }
}

/// <summary>An intermediate functional block: packets redirected to it pass its queueing disciplines and go on.</summary>
public sealed record IfbLink : LinkKind
{
    /// <inheritdoc/>
    public override string Name => "ifb";

    internal override bool HasAttributes => false;

    internal override void WriteAttributes(NetlinkMessageWriter message)
    {
    }
}

/// <summary>A WireGuard tunnel. Keys and peers are set through the generic family "wireguard" (<see cref="WireGuardDevice"/>).</summary>
public sealed record WireGuardLink : LinkKind
{
    /// <inheritdoc/>
    public override string Name => "wireguard";

    internal override bool HasAttributes => false;

    internal override void WriteAttributes(NetlinkMessageWriter message)
    {
    }
}
