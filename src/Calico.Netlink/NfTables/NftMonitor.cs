using System.Runtime.CompilerServices;
using Calico.Netlink.NfTables.Wire;

namespace Calico.Netlink.NfTables;

/// <summary>A stream of what is committed to the ruleset of a network namespace. For one reader.</summary>
public sealed class NftMonitor : IDisposable
{
    private const uint Group = 7; // NFNLGRP_NFTABLES

    private readonly NetlinkSubscription _subscription;
    private readonly NetlinkOverflow _overflow;
    private readonly uint? _except;
    private readonly Queue<NftEvent> _events = [];

    /// <summary>A monitor over a subscription to NFNLGRP_NFTABLES, which it owns.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="overflow">What happens when the receive buffer overflows.</param>
    /// <param name="except">Port id of a connection whose own transactions are passed over unread; null for none.</param>
    public NftMonitor(NetlinkSubscription subscription, NetlinkOverflow overflow = NetlinkOverflow.Report, uint? except = null)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        (_subscription, _overflow, _except) = (subscription, overflow, except);
    }

    /// <summary>Opens a socket and joins the group. From then on nothing is missed, also before the first read.</summary>
    /// <param name="options">The namespace, and the receive buffer that bounds what may wait.</param>
    /// <param name="overflow">What happens when the buffer overflows.</param>
    /// <param name="except">Port id of a connection whose own transactions are passed over unread; null for none.</param>
    /// <returns>The monitor.</returns>
    /// <exception cref="NetlinkException">The kernel lacks the group.</exception>
    public static NftMonitor Open(NetlinkConnectionOptions? options = null, NetlinkOverflow overflow = NetlinkOverflow.Report, uint? except = null) =>
        new(NetlinkSubscription.Open(NetlinkProtocol.Netfilter, options, Group), overflow, except);

    /// <summary>The events, until cancelled.</summary>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>The events in the order they were committed; each transaction ends with an <see cref="NftGenerationEvent"/>.</returns>
    /// <exception cref="NetlinkException">The socket failed, or it overflowed and the policy is <see cref="NetlinkOverflow.Throw"/>.</exception>
    public async IAsyncEnumerable<NftEvent> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        NetlinkReplyHandler take = (int _, in NetlinkMessage message) =>
        {
            if (message.PortId != _except) Decode(message, _events);
        };
        while (true)
        {
            while (_events.TryDequeue(out NftEvent? next)) yield return next;
            if (await _subscription.ReceiveAsync(take, cancellationToken).ConfigureAwait(false)) continue;
            if (_overflow == NetlinkOverflow.Throw) throw new NetlinkException("recv", new NetlinkError(Errno.NoBuffers));
            _events.Enqueue(new NftEventsLost());
        }
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _subscription.Dispose();

    internal static void Decode(in NetlinkMessage message, Queue<NftEvent> into)
    {
        if (message.Subsystem != NfTablesWire.Subsystem) return;
        NfTablesMessage type = (NfTablesMessage)(byte)message.Type;
        NftTableId table = MessageScope.Table(message);
        switch (type)
        {
            case NfTablesMessage.NewTable or NfTablesMessage.DeleteTable:
                into.Enqueue(new NftTableEvent(TableCodec.Read(message), type == NfTablesMessage.DeleteTable));
                break;
            case NfTablesMessage.NewChain or NfTablesMessage.DeleteChain:
                into.Enqueue(new NftChainEvent(table, ChainCodec.Read(message), type == NfTablesMessage.DeleteChain));
                break;
            case NfTablesMessage.NewRule or NfTablesMessage.DeleteRule:
                into.Enqueue(new NftRuleEvent(table, MessageScope.Text(message, RuleCodec.Chain), RuleCodec.Read(message, out ulong after), after, type == NfTablesMessage.DeleteRule));
                break;
            case NfTablesMessage.NewSet or NfTablesMessage.DeleteSet:
                into.Enqueue(new NftSetEvent(table, SetCodec.Read(message, out _), type == NfTablesMessage.DeleteSet));
                break;
            case NfTablesMessage.NewElement or NfTablesMessage.DeleteElement:
                List<WireElement> elements = [];
                ElementCodec.Read(message, elements);
                string set = MessageScope.Text(message, ElementCodec.ListSet);
                foreach (WireElement element in elements)
                    into.Enqueue(new NftElementEvent(table, set, element.Element, element.IsEnd, type == NfTablesMessage.DeleteElement));
                break;
            case NfTablesMessage.NewObject or NfTablesMessage.DeleteObject:
                into.Enqueue(new NftObjectEvent(table, ObjectCodec.Read(message), type == NfTablesMessage.DeleteObject));
                break;
            case NfTablesMessage.NewFlowTable or NfTablesMessage.DeleteFlowTable:
                into.Enqueue(new NftFlowTableEvent(table, FlowTableCodec.Read(message), type == NfTablesMessage.DeleteFlowTable));
                break;
            case NfTablesMessage.NewGeneration:
                into.Enqueue(new NftGenerationEvent(NftReader.ReadGeneration(message)));
                break;
        }
    }
}
