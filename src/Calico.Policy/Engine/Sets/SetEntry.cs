using Calico.Net;
using Calico.Policy.Engine.Labels;
using Calico.Policy.Engine.Policies;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Engine.Sets;

/// <summary>
/// An IP set in use by active rules. It holds no members: whether something is a member follows from selectors and addresses. While a batch is open it only
/// remembers, for every member that may have changed, whether it was one before.
/// </summary>
internal abstract class SetEntry(string id, IpSetKind kind, string description)
{
    private Dictionary<SetMember, bool>? _before;

    public string Id { get; } = id;
    public IpSetKind Kind { get; } = kind;
    public string Description { get; } = description;

    /// <summary>Rules that use the set.</summary>
    public int Uses;

    /// <summary>Uses in which a further member lets more through.</summary>
    public int OpeningUses;

    /// <summary>Uses in which a further member lets less through.</summary>
    public int ClosingUses;

    public bool IsUsedBothWays => OpeningUses > 0 && ClosingUses > 0;

    /// <summary>The enforced policies and profiles whose rules use the set.</summary>
    public CompactSet<RuleOwner> Users;

    /// <summary>True once the receiver of the deltas knows the set.</summary>
    public bool Emitted;

    public bool HasChanges => _before is { Count: > 0 };

    public abstract bool Contains(in SetMember member);

    /// <summary>Adds all members, in any order, perhaps repeatedly.</summary>
    public abstract void Collect(List<SetMember> members);

    /// <summary>To be called before whatever changes a member.</summary>
    /// <returns>True for the first change of the batch.</returns>
    public bool Remember(in SetMember member)
    {
        if (!Emitted) return false;
        _before ??= [];
        if (_before.ContainsKey(member)) return false;
        _before.Add(member, Contains(member));
        return _before.Count == 1;
    }

    /// <summary>All members, sorted and distinct.</summary>
    public EquatableArray<SetMember> Members()
    {
        List<SetMember> all = [];
        Collect(all);
        all.Sort();
        int kept = 0;
        for (int i = 0; i < all.Count; i++)
        {
            if (i == 0 || all[i] != all[kept - 1]) all[kept++] = all[i];
        }

        return [.. System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all)[..kept]];
    }

    /// <summary>What has come and gone since the batch began; ends the batch.</summary>
    public (List<SetMember> Added, List<SetMember> Removed) TakeChanges()
    {
        List<SetMember> added = [], removed = [];
        foreach ((SetMember member, bool was) in _before!)
        {
            bool isMember = Contains(member);
            if (isMember != was) (isMember ? added : removed).Add(member);
        }

        _before = null;
        added.Sort();
        removed.Sort();
        return (added, removed);
    }

    public void ForgetChanges() => _before = null;
}

/// <summary>The addresses (with a port name: addresses and ports) of everything a selector matches.</summary>
internal sealed class SelectorSet : SetEntry
{
    private readonly AddressOwners _owners;

    public SelectorSet(string id, SelectorEntry selector, AddressOwners owners)
        : base(id, IpSetKind.Net, selector.Text)
    {
        Selector = selector;
        _owners = owners;
    }

    public SelectorSet(string id, SelectorEntry selector, AddressOwners owners, string portName, IpProtocol? protocol)
        : base(id, IpSetKind.AddressAndPort, $"port {portName}/{protocol?.ToString() ?? "any"} of {selector.Text}")
    {
        Selector = selector;
        _owners = owners;
        PortName = portName;
        Protocol = protocol;
    }

    public SelectorEntry Selector { get; }
    public string? PortName { get; }
    public IpProtocol? Protocol { get; }

    public override bool Contains(in SetMember member)
    {
        foreach (EndpointEntry owner in _owners.Of(member.Prefix))
        {
            if (!Selector.Classes.Contains(owner.Class)) continue;
            if (PortName is null || owner.HasPort(PortName, member.Protocol.Number, member.Port)) return true;
        }

        return false;
    }

    public override void Collect(List<SetMember> members)
    {
        foreach (LabelClass labelClass in Selector.Classes)
        {
            for (EndpointEntry? entry = labelClass.First; entry is not null; entry = entry.Next) Collect(entry, members);
        }
    }

    /// <summary>Adds what one endpoint contributes when the selector matches it.</summary>
    public void Collect(EndpointEntry entry, List<SetMember> members)
    {
        for (int i = 0; i < entry.NetCount; i++)
        {
            IpPrefix net = entry.Net(i);
            if (PortName is null)
            {
                members.Add(new SetMember(net));
                continue;
            }

            foreach (EndpointPort port in entry.Ports)
            {
                if (port.Name == PortName && (Protocol is null || port.Protocol == Protocol)) members.Add(new SetMember(net, port.Protocol.Number, port.Port));
            }
        }
    }
}
