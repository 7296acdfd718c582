using System.Runtime.InteropServices;
using Calico.Net;
using Calico.Policy.Engine.Labels;
using Calico.Policy.Engine.Policies;
using Calico.Policy.Model;

namespace Calico.Policy.Engine.Sets;

/// <summary>What the engine keeps of every endpoint and network set in the cluster: its addresses, its ports, its label class.</summary>
internal sealed class EndpointEntry
{
    private IpPrefix _first;
    private IpPrefix[]? _rest;
    private bool _any;

    public LabelClass Class = null!;
    public EndpointEntry? Next;
    public EndpointEntry? Previous;
    public EquatableArray<EndpointPort> Ports;

    /// <summary>The rest of what is kept of an endpoint on a node this engine works for.</summary>
    public LocalEndpoint? Local;

    public int NetCount => _any ? 1 + (_rest?.Length ?? 0) : 0;

    public IpPrefix Net(int index) => index == 0 ? _first : _rest![index - 1];

    /// <summary>Takes sorted, distinct prefixes.</summary>
    public void SetNets(ReadOnlySpan<IpPrefix> nets)
    {
        _any = !nets.IsEmpty;
        _first = _any ? nets[0] : default;
        _rest = nets.Length > 1 ? nets[1..].ToArray() : null;
    }

    public bool HasNets(ReadOnlySpan<IpPrefix> nets)
    {
        if (nets.Length != NetCount) return false;
        for (int i = 0; i < nets.Length; i++)
        {
            if (nets[i] != Net(i)) return false;
        }

        return true;
    }

    public bool HasPort(string name, byte protocol, ushort port)
    {
        foreach (EndpointPort own in Ports)
        {
            if (own.Port == port && own.Protocol.Number == protocol && own.Name == name) return true;
        }

        return false;
    }
}

/// <summary>Address or prefix → the endpoints and network sets that have it: nearly always one.</summary>
internal sealed class AddressOwners
{
    private readonly Dictionary<IpPrefix, object> _owners = [];

    public int Count => _owners.Count;

    public void Add(in IpPrefix prefix, EndpointEntry owner)
    {
        ref object? owners = ref CollectionsMarshal.GetValueRefOrAddDefault(_owners, prefix, out bool known);
        if (!known) owners = owner;
        else if (owners is List<EndpointEntry> list) list.Add(owner);
        else owners = new List<EndpointEntry> { (EndpointEntry)owners!, owner };
    }

    public void Remove(in IpPrefix prefix, EndpointEntry owner)
    {
        if (_owners[prefix] is not List<EndpointEntry> list)
            _owners.Remove(prefix);
        else
        {
            list.Remove(owner);
            if (list.Count == 1) _owners[prefix] = list[0];
        }
    }

    public Enumerator Of(in IpPrefix prefix) => new(_owners.GetValueOrDefault(prefix));

    public struct Enumerator(object? owners)
    {
        private int _next;

        public EndpointEntry Current { get; private set; } = null!;

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            switch (owners)
            {
                case EndpointEntry single when _next == 0:
                    Current = single;
                    _next = 1;
                    return true;
                case List<EndpointEntry> list when _next < list.Count:
                    Current = list[_next++];
                    return true;
                default:
                    return false;
            }
        }
    }
}
