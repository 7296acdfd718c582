using Calico.Net;

namespace Calico.Bgp.Topology;

/// <summary>The <c>prefixAdvertisements</c> that hold on a node, names resolved.</summary>
internal static class AdvertisedCommunities
{
    public static IEnumerable<(IpPrefix Range, Community[] Standard, LargeCommunity[] Large)> Of(TopologyInput input, string node, List<TopologyProblem> problems)
    {
        // A node's own list takes the place of the cluster's.
        (string name, BgpConfigurationSpec? source) = input.NodeConfigurations.GetValueOrDefault(node) is { PrefixAdvertisements: not null } own
            ? ($"node.{node}", own)
            : ("default", input.Configuration);
        for (int i = 0; i < (source?.PrefixAdvertisements?.Count ?? 0); i++)
        {
            PrefixAdvertisementSpec advertisement = source!.PrefixAdvertisements![i];
            string at = $"spec.prefixAdvertisements[{i}]";
            if (!IpPrefix.TryParse(advertisement.Cidr, out IpPrefix range))
            {
                problems.Add(new TopologyProblem($"BGPConfiguration/{name}", at + ".cidr", $"'{advertisement.Cidr}' is not a range"));
                continue;
            }

            List<Community> standard = [];
            List<LargeCommunity> large = [];
            foreach (string text in advertisement.Communities ?? [])
            {
                string value = (source.Communities ?? input.Configuration?.Communities)?.FirstOrDefault(c => c.Name == text)?.Value ?? text;
                if (Community.TryParse(value, null, out Community community)) standard.Add(community);
                else if (LargeCommunity.TryParse(value, null, out LargeCommunity wide)) large.Add(wide);
                else problems.Add(new TopologyProblem($"BGPConfiguration/{name}", at + ".communities", $"'{text}' is neither a community nor the name of one"));
            }

            yield return (range, [.. standard], [.. large]);
        }
    }
}
