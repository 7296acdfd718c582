using Calico.Policy.Model;

namespace Calico.Policy.Testing;

/// <summary>Shorter lists.</summary>
internal static class Shrinking
{
    public static EquatableArray<T> Without<T>(this EquatableArray<T> items, int from, int count = 1) =>
        items.Where((_, index) => index < from || index >= from + count).ToEquatableArray();

    public static EquatableArray<T> With<T>(this EquatableArray<T> items, int at, T item) =>
        items.Select((old, index) => index == at ? item : old).ToEquatableArray();

    /// <summary>The list without one of its items, each in turn.</summary>
    public static IEnumerable<EquatableArray<T>> OneFewer<T>(this EquatableArray<T> items) => Enumerable.Range(0, items.Count).Select(at => items.Without(at));
}
