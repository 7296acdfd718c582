using System.Runtime.CompilerServices;

namespace Calico.Netlink;

/// <summary>What happened to a tracked connection.</summary>
[Flags]
public enum ConntrackChange
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It is new.</summary>
    New = 1,

    /// <summary>Its state, mark or another property changed.</summary>
    Updated = 2,

    /// <summary>It is forgotten.</summary>
    Destroyed = 4,

    /// <summary>Any of these.</summary>
    All = New | Updated | Destroyed,
}

/// <summary>An event of connection tracking.</summary>
/// <param name="Change">What happened; <see cref="ConntrackChange.None"/> when events before were lost.</param>
/// <param name="Flow">The connection; null when events before were lost.</param>
public sealed record ConntrackEvent(ConntrackChange Change, TrackedFlow? Flow)
{
    /// <summary>True when the reader was too slow and events were lost: read the table back.</summary>
    public bool EventsLost => Flow is null;
}

/// <summary>A stream of conntrack events of a network namespace (net.netfilter.nf_conntrack_events). For one reader.</summary>
public sealed class ConntrackMonitor : IDisposable
{
    private readonly NetlinkSubscription _subscription;
    private readonly NetlinkOverflow _overflow;
    private readonly Queue<ConntrackEvent> _events = [];

    private ConntrackMonitor(NetlinkSubscription subscription, NetlinkOverflow overflow)
    {
        _subscription = subscription;
        _overflow = overflow;
    }

    /// <summary>Opens a socket and joins the groups. From then on nothing is missed, also before the first read.</summary>
    /// <exception cref="NetlinkException">The kernel has no netfilter sockets, or CAP_NET_ADMIN is missing.</exception>
    public static ConntrackMonitor Open(ConntrackChange changes = ConntrackChange.All, NetlinkConnectionOptions? options = null, NetlinkOverflow overflow = NetlinkOverflow.Report)
    {
        return new ConntrackMonitor(NetlinkSubscription.Open(NetlinkProtocol.Netfilter, options, Groups(changes)), overflow);
    }

    /// <summary>The events, until cancelled.</summary>
    /// <exception cref="NetlinkException">The socket failed, or it overflowed and the policy is <see cref="NetlinkOverflow.Throw"/>.</exception>
    public async IAsyncEnumerable<ConntrackEvent> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        NetlinkReplyHandler take = Take;
        while (true)
        {
            while (_events.TryDequeue(out ConntrackEvent? next)) yield return next;
            if (await _subscription.ReceiveAsync(take, cancellationToken).ConfigureAwait(false)) continue;
            if (_overflow == NetlinkOverflow.Throw) throw new NetlinkException("recv", new NetlinkError(Errno.NoBuffers));
            _events.Enqueue(new ConntrackEvent(ConntrackChange.None, null));
        }
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _subscription.Dispose();

    // NFNLGRP_CONNTRACK_NEW, _UPDATE and _DESTROY.
    internal static uint[] Groups(ConntrackChange changes) => [.. Enumerable.Range(0, 3).Where(bit => ((int)changes >> bit & 1) != 0).Select(bit => (uint)bit + 1)];

    private void Take(int request, in NetlinkMessage message)
    {
        if (!TrackedFlow.TryDecode(message, out TrackedFlow flow)) return;
        // A new connection and a changed one come as the same message; only the first says that it was created.
        ConntrackChange change = (byte)message.Type == ConntrackMessages.Delete ? ConntrackChange.Destroyed
            : (message.Flags & (NetlinkFlags.Create | NetlinkFlags.Exclusive)) != 0 ? ConntrackChange.New : ConntrackChange.Updated;
        _events.Enqueue(new ConntrackEvent(change, flow));
    }
}
