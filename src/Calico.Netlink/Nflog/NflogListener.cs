using System.Runtime.CompilerServices;

namespace Calico.Netlink;

/// <summary>A stream of packets that rules log to nflog groups. What waits is bounded by the socket's receive buffer. For one reader.</summary>
public sealed class NflogListener : IDisposable
{
    private readonly INetlinkTransport _transport;
    private readonly NetlinkSubscription _subscription;
    private readonly NetlinkOverflow _overflow;
    private readonly Queue<NflogPacket> _packets = [];
    private readonly Dictionary<ushort, uint> _nextSequence = [];

    private NflogListener(INetlinkTransport transport, NetlinkOverflow overflow)
    {
        _transport = transport;
        _subscription = new NetlinkSubscription(transport);
        _overflow = overflow;
    }

    /// <summary>Opens a socket and binds it to groups.</summary>
    /// <exception cref="NetlinkException">Another socket has bound a group (EPERM), or the kernel lacks nflog (EINVAL).</exception>
    public static async ValueTask<NflogListener> OpenAsync(IReadOnlyList<ushort> groups, NflogOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(groups);
        options ??= new NflogOptions();
        NetlinkSocket transport = new(NetlinkProtocol.Netfilter, options.Connection);
        NflogListener listener = new(transport, options.Overflow);
        try
        {
            NetlinkBatch batch = new();
            foreach (ushort group in groups.Distinct()) NflogMessages.WriteBind(batch, group, options);
            // The same socket: packets go to the one that has bound the group.
            NetlinkConnection connection = new(NetlinkProtocol.Netfilter, transport, options.Connection);
            await connection.RequestAsync(batch, cancellationToken).ConfigureAwait(false);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>The packets, until cancelled.</summary>
    /// <exception cref="NetlinkException">The socket failed, or it overflowed and the policy is <see cref="NetlinkOverflow.Throw"/>.</exception>
    public async IAsyncEnumerable<NflogPacket> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        NetlinkReplyHandler take = Take;
        while (true)
        {
            while (_packets.TryDequeue(out NflogPacket? next)) yield return next;
            bool complete = await _subscription.ReceiveAsync(take, cancellationToken).ConfigureAwait(false);
            // With the reporting policy nothing is to do: the gap in the sequence says how many were lost.
            if (!complete && _overflow == NetlinkOverflow.Throw) throw new NetlinkException("recv", new NetlinkError(Errno.NoBuffers));
        }
    }

    /// <summary>Closes the socket, which gives the groups free.</summary>
    public void Dispose() => _transport.Dispose();

    private void Take(int request, in NetlinkMessage message)
    {
        if (!NflogPacket.TryDecode(message, out NflogPacket packet)) return;
        uint lost = _nextSequence.TryGetValue(packet.Group, out uint expected) ? packet.Sequence - expected : packet.Sequence;
        _nextSequence[packet.Group] = packet.Sequence + 1;
        _packets.Enqueue(lost == 0 ? packet : packet with { LostBefore = lost });
    }
}
