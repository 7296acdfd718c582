using Calico.Policy.Engine.Policies;
using Calico.Policy.Engine.Sets;

namespace Calico.Policy.Engine.Labels;

/// <summary>
/// Everything with the same own labels and the same profiles: no selector can tell its endpoints apart, so selectors are matched against classes.
/// </summary>
internal sealed class LabelClass
{
    public required int Id;
    public required ulong[] Own;

    /// <summary>For each own label the place of the class in the label's list.</summary>
    public required int[] Places;
    public required ProfileList Parents;
    public required int Hash;

    /// <summary>Next class in the same bucket of the class table.</summary>
    public LabelClass? NextInBucket;

    /// <summary>Endpoints and network sets of the class, as a list through the entries.</summary>
    public EndpointEntry? First;

    /// <summary>Selectors of rules that match.</summary>
    public ShortList<SelectorEntry> SetMatches;

    /// <summary>Selectors of policies that match; kept only while the class has local endpoints.</summary>
    public ShortList<SelectorEntry> PolicyMatches;

    /// <summary>Local endpoints of the class; null when there are none.</summary>
    public LocalClass? Local;

    public bool IsEmpty => First is null;

    public void Link(EndpointEntry entry)
    {
        entry.Class = this;
        entry.Previous = null;
        entry.Next = First;
        if (First is not null) First.Previous = entry;
        First = entry;
    }

    public void Unlink(EndpointEntry entry)
    {
        if (entry.Previous is null) First = entry.Next;
        else entry.Previous.Next = entry.Next;
        if (entry.Next is not null) entry.Next.Previous = entry.Previous;
        entry.Next = entry.Previous = null;
    }
}
