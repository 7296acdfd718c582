using Calico.Policy.Engine.Policies;
using Calico.Policy.Engine.Sets;

namespace Calico.Policy.Engine.Labels;

/// <summary>A selector in an index, with the classes it matches. There may be one for every policy, so it keeps no syntax tree.</summary>
internal sealed class SelectorEntry(string text, CompiledSelector program)
{
    /// <summary>The canonical text.</summary>
    public string Text { get; } = text;

    public CompiledSelector Program { get; } = program;
    public int Uses;

    /// <summary>The classes that match.</summary>
    public CompactSet<LabelClass> Classes;

    /// <summary>In the index of rule selectors: the sets that stand for it.</summary>
    public ShortList<SelectorSet> Sets;

    /// <summary>In the index of policy selectors: the policies that use it.</summary>
    public ShortList<PolicyEntry> Policies;

    /// <summary>Where the index filed it.</summary>
    public Filing Filing;
}

/// <summary>The condition under which a selector is filed: labels with one of some values, a label at all, nothing, or never.</summary>
internal readonly record struct Filing(ulong[]? Pairs, int Name, bool Never)
{
    public static Filing Impossible => new(null, -1, true);

    public static Filing Unfiled => new(null, -1, false);
}
