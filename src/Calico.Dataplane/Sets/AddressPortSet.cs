using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Net;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Sets;

/// <summary>Addresses with protocol and port of one family, as a hash set of the three.</summary>
internal sealed class AddressPortSet(string name, bool v6, string description, RulesetState owner)
    : KernelSet(new NftSet(name, NftType.Concat(RuleWriter.AddressType(v6), NftType.InetProto, NftType.InetService)) { Comment = Comments.Fit(description) })
{
    private readonly HashSet<(IpPrefix Address, byte Protocol, ushort Port)> _members = [];

    public override int Count => _members.Count;

    public override IEnumerable<NftElement> Elements => _members.Select(m => Element(m.Address, m.Protocol, m.Port));

    public bool Contains(in IpPrefix address, byte protocol, ushort port) => _members.Contains((address, protocol, port));

    public void Add(in IpPrefix address, byte protocol, ushort port)
    {
        if (_members.Add((address, protocol, port))) owner.Changes(Name).Add(Element(address, protocol, port));
    }

    public void Remove(in IpPrefix address, byte protocol, ushort port)
    {
        if (_members.Remove((address, protocol, port))) owner.Changes(Name).Remove(Element(address, protocol, port));
    }

    private static NftElement Element(in IpPrefix address, byte protocol, ushort port) =>
        new(NftValue.Concat(RuleWriter.Value(address), NftValue.Byte(protocol), RuleWriter.Port(port)));
}
