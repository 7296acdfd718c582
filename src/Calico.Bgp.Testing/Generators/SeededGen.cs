using FsCheck;
using FsCheck.Fluent;

namespace Calico.Bgp.Testing;

/// <summary>Generators written as plain code over a random source that FsCheck's own seed decides.</summary>
internal static class SeededGen
{
    public static Gen<T> From<T>(Func<Random, int, T> make) =>
        Gen.Sized(size => Gen.Choose(0, int.MaxValue).Select(seed => make(new Random(seed), size)));

    /// <summary>Lists with one element, or a run of them, left out.</summary>
    public static IEnumerable<IReadOnlyList<T>> Shorter<T>(IReadOnlyList<T> list)
    {
        for (int run = list.Count; run > 0; run /= 2)
        {
            for (int at = 0; at + run <= list.Count; at += run) yield return [.. list.Take(at), .. list.Skip(at + run)];
        }
    }
}
