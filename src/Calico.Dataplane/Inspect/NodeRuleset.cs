using System.Net;
using Calico.Dataplane.Inspect;
using Calico.Dataplane.Kernel;
using Calico.Netlink;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane;

/// <summary>
/// Our table as the kernel has it, read back as what it was made of: endpoints, their policies in order, shapes and counters; and what becomes of a packet in it.
/// Reads only; needs nothing but the table, no datastore and no agent.
/// </summary>
public sealed class NodeRuleset
{
    private readonly NftTable _table;
    private readonly TableIndex _index;

    /// <summary>Over a table that was read.</summary>
    public NodeRuleset(NftTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
        _index = new TableIndex(table);
        Endpoints = [.. new EndpointReader(_index).Read()];
    }

    /// <summary>The endpoints, workloads first, each in the order of their names.</summary>
    public IReadOnlyList<EndpointRules> Endpoints { get; }

    /// <summary>Reads our table from the kernel.</summary>
    /// <returns>Null when the namespace has none.</returns>
    /// <exception cref="NetlinkException">CAP_NET_ADMIN is missing.</exception>
    public static async ValueTask<NodeRuleset?> ReadAsync(NftClient nft, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(nft);
        NftSnapshot snapshot = await nft.ReadTableAsync(RulesetApplier.Table, cancellationToken: cancellationToken).ConfigureAwait(false);
        return snapshot.Table(RulesetApplier.Table) is { } table ? new NodeRuleset(table) : null;
    }

    /// <summary>The workload endpoint that may send from an address; null when none of this node may.</summary>
    public EndpointRules? WorkloadAt(IPAddress address) => Endpoints.FirstOrDefault(e => !e.IsHost && e.Addresses.Contains(address));

    /// <summary>Walks the first packet of a connection through our table as the kernel would. Tables of others, and NAT, are left out.</summary>
    /// <exception cref="ArgumentException">The addresses are of two families, or the packet neither comes in nor goes out.</exception>
    public NodeExplanation Explain(NodeFlow flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        if (flow.Source.AddressFamily != flow.Destination.AddressFamily) throw new ArgumentException($"{flow.Source} and {flow.Destination} are of different families.", nameof(flow));
        if (flow.Input is null && flow.Output is null) throw new ArgumentException("A packet comes in by an interface, goes out by one, or both.", nameof(flow));
        return new PacketWalk(_table).Explain(flow);
    }
}
