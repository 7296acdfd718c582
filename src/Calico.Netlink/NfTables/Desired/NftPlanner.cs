using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Wire;

namespace Calico.Netlink.NfTables;

/// <summary>Finds the least set of changes from what a table has to what it should have. Pure: no socket, no clock.</summary>
/// <remarks>
/// Running state does not count: counters, used quotas, what is left of a timeout, and elements that rules put into dynamic sets.
/// Handles in the current state are what rules are addressed by. Changes come in an order the kernel accepts in one transaction.
/// </remarks>
public static class NftPlanner
{
    /// <summary>The changes from one state of a table to another.</summary>
    /// <param name="current">The table as read from the kernel, handles and all; null when it is not there.</param>
    /// <param name="wanted">The table as it should be; null to have it gone.</param>
    /// <returns>The changes; empty when there is nothing to do.</returns>
    /// <exception cref="ArgumentException">The two are of different tables, or a name occurs twice in what is wanted.</exception>
    public static IReadOnlyList<NftChange> Plan(NftTable? current, NftTable? wanted)
    {
        if (wanted is null) return current is null ? [] : [new NftDeleteTable(current.Id)];
        if (current is not null && current.Id != wanted.Id) throw new ArgumentException($"The current table is {current}, the wanted one {wanted}.", nameof(current));
        NftTable nothing = new(wanted.Family, wanted.Name);
        if (current is null) return new TablePlan(nothing, wanted, isNew: true).Changes();
        if (MustReplaceTable(current, wanted)) return [new NftDeleteTable(current.Id), .. new TablePlan(nothing, wanted, isNew: true).Changes()];
        return new TablePlan(current, wanted, isNew: false).Changes();
    }

    // The kernel changes none of these in a table that is there.
    private static bool MustReplaceTable(NftTable current, NftTable wanted) =>
        current.UserData != wanted.UserData || ((current.Flags ^ wanted.Flags) & ~NftTableFlags.Dormant) != 0;

    internal static bool SameRule(NftRule a, NftRule b) => a.UserData == b.UserData && SameExpressions(a.Expressions, b.Expressions);

    internal static bool SameElement(in NftElement a, in NftElement b)
    {
        if (a.Data != b.Data || a.Verdict != b.Verdict) return false;
        if (ReferenceEquals(a.Details, b.Details)) return true;
        NftElementDetails x = a.Details ?? NftElementDetails.None, y = b.Details ?? NftElementDetails.None;
        return x.ObjectName == y.ObjectName && x.UserData == y.UserData && x.Timeout == y.Timeout;
    }

    internal static bool SameSet(NftSet a, NftSet b) =>
        a.KeyType == b.KeyType && a.DataType == b.DataType && a.ObjectType == b.ObjectType && a.Size == b.Size && a.Policy == b.Policy
        && a.Timeout == b.Timeout && a.GcInterval == b.GcInterval
        && (a.EffectiveFlags & ~NftSetFlags.Expression) == (b.EffectiveFlags & ~NftSetFlags.Expression)
        && SetNotes.Of(a) == SetNotes.Of(b) && SameExpressions(a.ElementExpressions, b.ElementExpressions);

    internal static bool SameExpressions(ValueList<NftExpression> a, ValueList<NftExpression> b)
    {
        if (a.Count != b.Count) return false;
        for (int i = 0; i < a.Count; i++)
            if (!a[i].Normalize().Equals(b[i].Normalize())) return false;
        return true;
    }
}
