using System.Net;
using Calico.Dataplane.Compile;
using Calico.Dataplane.Sets;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Dataplane.Tests.Sets;

public sealed class PrefixCoverTests
{
    private static readonly IPNetwork[] Universe =
        [.. new[] { "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.1/32", "10.1.1.255/32", "10.2.0.0/16", "192.168.0.0/16" }.Select(IPNetwork.Parse)];

    [Property(MaxTest = 500)]
    public Property Reported_changes_lead_to_the_outermost_prefixes() => Prop.ForAll(
        Gen.Zip(Gen.Elements(true, false), Gen.Elements(Universe)).ListOf().ToArbitrary(),
        steps =>
        {
            PrefixCover cover = new();
            HashSet<IPNetwork> members = [], shown = [];
            foreach ((bool add, IPNetwork prefix) in steps)
            {
                if (add)
                {
                    members.Add(prefix);
                    cover.Add(Prefixes.Of(prefix), p => Assert.True(shown.Add(IPNetwork.Parse($"{p}"))), p => Assert.True(shown.Remove(IPNetwork.Parse($"{p}"))));
                }
                else
                {
                    members.Remove(prefix);
                    cover.Remove(Prefixes.Of(prefix), p => Assert.True(shown.Add(IPNetwork.Parse($"{p}"))), p => Assert.True(shown.Remove(IPNetwork.Parse($"{p}"))));
                }

                HashSet<IPNetwork> expected = [.. members.Where(m => !members.Any(o => o.PrefixLength < m.PrefixLength && o.Contains(m.BaseAddress)))];
                Assert.Equal(expected, shown);
                Assert.Equal(expected, cover.Outermost.Select(p => IPNetwork.Parse($"{p}")).ToHashSet());
            }
        });
}
