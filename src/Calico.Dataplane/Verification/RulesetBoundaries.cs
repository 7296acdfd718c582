using Calico.Netlink.NfTables;
using Calico.Policy.Analysis;

namespace Calico.Dataplane.Verification;

/// <summary>
/// What a ruleset tells packets apart by, added to a space of flows. Every rule is read expression by expression: whatever a register holds is followed to where it is
/// compared or looked up, and what it is compared with cuts the space. So all packets of a class take one way through the ruleset. What cannot be followed is noted,
/// and then nothing is claimed.
/// </summary>
internal sealed class RulesetBoundaries(NftTable table, FlowSpaceBuilder space)
{
    private readonly Dictionary<string, NftSet> _sets = table.Sets.ToDictionary(s => s.Name, StringComparer.Ordinal);
    private readonly HashSet<(string Set, int Word, PacketField Field)> _seen = [];

    public List<string> Unreadable { get; } = [];

    public void Add()
    {
        foreach (NftChain chain in table.Chains)
        {
            int index = 0;
            foreach (NftRule rule in chain.Rules)
            {
                RuleReader reader = new(space, Set, IsNew);
                if (reader.Read(rule) is { } problem) Unreadable.Add($"{chain.Name}, rule {index}{(rule.Comment is { } comment ? $" \"{comment}\"" : "")}: {problem}");
                index++;
            }
        }
    }

    private NftSet? Set(string name) => _sets.GetValueOrDefault(name);

    /// <summary>A named set cuts the space once, however many rules look in it.</summary>
    private bool IsNew(string set, int word, PacketField field) => _seen.Add((set, word, field));
}

/// <summary>What a register can hold of a packet.</summary>
internal enum PacketField : byte
{
    /// <summary>The same for all packets of a class: interfaces, connection state, the mark, what a map gave.</summary>
    Settled,

    /// <summary>Not followed: it must not be compared.</summary>
    Other,

    Family,
    Source,
    Destination,
    Protocol,
    SourcePort,
    DestinationPort,
    IcmpType,
    IcmpCode,
}
