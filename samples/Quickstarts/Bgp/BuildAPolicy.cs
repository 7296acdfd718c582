using System.Net;
using Calico.Bgp;

namespace Quickstart;

internal static class BuildAPolicy
{
    public static NeighborOptions Run()
    {
        RoutePolicyBuilder policy = new("customers");
        policy.Rule().When(RouteMatch.Prefixes(PrefixList.Parse(["10.0.0.0/8{16,24}"])) & !RouteMatch.Community(Community.NoExport))
              .Then(RouteEdit.LocalPreference(200)).Accept();
        NeighborOptions customer = new() { Address = IPAddress.Parse("10.0.0.9"), Asn = 65009, Import = policy.Build(), Export = RouteFilter.AcceptAll };
        return customer;
    }
}
