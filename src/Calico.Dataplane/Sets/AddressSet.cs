using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Net;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Sets;

/// <summary>The addresses of one family of a set of nets, as a kernel set: a hash while all members are single addresses, an interval set once one is not.</summary>
internal sealed class AddressSet : KernelSet
{
    private readonly RulesetState _owner;
    private readonly HashSet<IpPrefix>? _addresses;
    private readonly PrefixCover? _prefixes;

    public AddressSet(string name, bool v6, bool interval, string description, RulesetState owner)
        : base(new NftSet(name, RuleWriter.AddressType(v6)) { Flags = interval ? NftSetFlags.Interval : NftSetFlags.None, Comment = Comments.Fit(description) })
    {
        _owner = owner;
        if (interval) _prefixes = new PrefixCover();
        else _addresses = [];
    }

    public bool IsInterval => _prefixes is not null;

    public override int Count => _prefixes?.Count ?? _addresses!.Count;

    public override IEnumerable<NftElement> Elements => (_prefixes?.Outermost ?? _addresses!).Select(RuleWriter.Element);

    /// <summary>The members as they were told, inner ones too.</summary>
    public IEnumerable<IpPrefix> Members => _prefixes?.Members ?? (IEnumerable<IpPrefix>)_addresses!;

    public bool HasMember(in IpPrefix member) => _prefixes?.Contains(member) ?? _addresses!.Contains(member);

    /// <summary>Whether a member is or covers the address.</summary>
    public bool Contains(in IpPrefix address) => _addresses?.Contains(address) ?? (_prefixes!.Contains(address) || _prefixes.IsCovered(address));

    public void Add(in IpPrefix prefix)
    {
        if (_prefixes is not null) _prefixes.Add(prefix, Appears, Disappears);
        else if (_addresses!.Add(prefix)) Appears(prefix);
    }

    public void Remove(in IpPrefix prefix)
    {
        if (_prefixes is not null) _prefixes.Remove(prefix, Appears, Disappears);
        else if (_addresses!.Remove(prefix)) Disappears(prefix);
    }

    private void Appears(IpPrefix prefix) => _owner.Changes(Name).Add(RuleWriter.Element(prefix));

    private void Disappears(IpPrefix prefix) => _owner.Changes(Name).Remove(RuleWriter.Element(prefix));
}

internal static class Comments
{
    private const int MostShown = 127;

    /// <summary>No double quotes, so that nft can read back what it lists.</summary>
    public static string? Fit(string text) =>
        text.Length == 0 ? null : (text.Length <= MostShown ? text : text[..(MostShown - 1)] + "~").Replace('"', '\'');
}
