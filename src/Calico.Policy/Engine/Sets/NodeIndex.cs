using System.Net;
using System.Runtime.InteropServices;
using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Policy.Selectors;

namespace Calico.Policy.Engine.Sets;

/// <summary>The nodes with their addresses. They are no endpoints: only the sets of node selectors look at them.</summary>
internal sealed class NodeIndex
{
    private readonly Dictionary<string, NodeModel> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<IpPrefix, List<NodeModel>> _byAddress = [];

    /// <summary>The sets in use that stand for nodes: as many as there are different node selectors, which is few.</summary>
    public List<NodeSet> Sets { get; } = [];

    public int Count => _nodes.Count;

    public IEnumerable<NodeModel> All => _nodes.Values;

    public NodeModel? Find(string name) => _nodes.GetValueOrDefault(name);

    public void Set(NodeModel node)
    {
        Remove(node.Name);
        _nodes.Add(node.Name, node);
        foreach (IPAddress address in node.Addresses)
            (CollectionsMarshal.GetValueRefOrAddDefault(_byAddress, IpPrefix.From(address), out _) ??= []).Add(node);
    }

    public void Remove(string name)
    {
        if (!_nodes.Remove(name, out NodeModel? node)) return;
        foreach (IPAddress address in node.Addresses)
        {
            List<NodeModel> nodes = _byAddress[IpPrefix.From(address)];
            nodes.Remove(node);
            if (nodes.Count == 0) _byAddress.Remove(IpPrefix.From(address));
        }
    }

    public ReadOnlySpan<NodeModel> At(in IpPrefix address) => CollectionsMarshal.AsSpan(_byAddress.GetValueOrDefault(address));
}

/// <summary>The addresses of the nodes that a selector matches.</summary>
internal sealed class NodeSet(string id, Selector selector, NodeIndex nodes) : SetEntry(id, IpSetKind.Net, $"nodes {selector.CanonicalText}")
{
    public override bool Contains(in SetMember member)
    {
        foreach (NodeModel node in nodes.At(member.Prefix))
        {
            if (selector.Matches(node.Labels)) return true;
        }

        return false;
    }

    public override void Collect(List<SetMember> members)
    {
        foreach (NodeModel node in nodes.All) Collect(node, members);
    }

    /// <summary>Adds what one node contributes.</summary>
    public void Collect(NodeModel node, List<SetMember> members)
    {
        if (!selector.Matches(node.Labels)) return;
        foreach (IPAddress address in node.Addresses) members.Add(new SetMember(IpPrefix.From(address)));
    }
}
