using Calico.Dataplane.Sets;
using Calico.Net;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Dataplane.Tests.Sets;

public sealed class PrefixCoverTests
{
    private static readonly IpPrefix[] Universe =
        [.. new[] { "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.1/32", "10.1.1.255/32", "10.2.0.0/16", "192.168.0.0/16" }.Select(t => IpPrefix.Parse(t))];

    [Property(MaxTest = 500)]
    public Property Reported_changes_lead_to_the_outermost_prefixes() => Prop.ForAll(
        Gen.Zip(Gen.Elements(true, false), Gen.Elements(Universe)).ListOf().ToArbitrary(),
        steps =>
        {
            PrefixCover cover = new();
            HashSet<IpPrefix> members = [], shown = [];
            foreach ((bool add, IpPrefix prefix) in steps)
            {
                if (add)
                {
                    members.Add(prefix);
                    cover.Add(prefix, p => Assert.True(shown.Add(p)), p => Assert.True(shown.Remove(p)));
                }
                else
                {
                    members.Remove(prefix);
                    cover.Remove(prefix, p => Assert.True(shown.Add(p)), p => Assert.True(shown.Remove(p)));
                }

                List<IpPrefix> expected = [.. members.Where(m => !members.Any(o => o != m && o.Contains(m))).Order()];
                Assert.Equal(expected, shown.Order());
                Assert.Equal(expected, cover.Outermost);
            }
        });
}
