using Calico.Net;
using Calico.Policy.Model;

namespace Calico.Dataplane.Compile;

internal static class Prefixes
{
    /// <summary>For tests, which cannot name the embedded type.</summary>
    public static IpPrefix Of(System.Net.IPNetwork network) => IpPrefix.From(network);

    /// <summary>Sorted; those inside another left out, as interval sets need it.</summary>
    public static EquatableArray<IpPrefix> Outermost(IEnumerable<IpPrefix> prefixes)
    {
        List<IpPrefix> outermost = [];
        foreach (IpPrefix prefix in prefixes.Order())
        {
            if (outermost.Count == 0 || !outermost[^1].Contains(prefix)) outermost.Add(prefix);
        }

        return outermost.ToEquatableArray();
    }
}
