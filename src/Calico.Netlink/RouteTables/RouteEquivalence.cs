namespace Calico.Netlink;

/// <summary>Whether a route read back from the kernel is what was wanted, past the kernel's own fillings-in.</summary>
internal static class RouteEquivalence
{
    public static bool IsSatisfiedBy(this in Route wanted, in Route kernel)
    {
        if (wanted.Type != kernel.Type) return false;
        if (!wanted.IsIPv6 && wanted.Scope != kernel.Scope) return false;
        if (!SameDetails(wanted.Details ?? RouteDetails.Empty, kernel.Details ?? RouteDetails.Empty)) return false;
        if (wanted.NexthopId != 0) return wanted.NexthopId == kernel.NexthopId;
        // An IPv6 reject route is reported through the loopback interface.
        if (wanted.Type is RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit or RouteType.Throw) return true;
        return SameHops(wanted, kernel);
    }

    private static bool SameHops(in Route wanted, in Route kernel)
    {
        IReadOnlyList<RouteNextHop> hops = wanted.NextHops, kernelHops = kernel.NextHops;
        if (hops.Count <= 1 && kernelHops.Count == 0)
        {
            RouteNextHop? only = hops.Count == 1 ? hops[0] : null;
            return only is null
                ? wanted.GatewayBits == kernel.GatewayBits && SameInterface(wanted.InterfaceIndex, kernel.InterfaceIndex) && SameOnLink(wanted.Flags, kernel.Flags)
                : Equals(only.Gateway, kernel.Gateway) && SameInterface(only.InterfaceIndex, kernel.InterfaceIndex) && SameOnLink(only.Flags, kernel.Flags);
        }

        if (hops.Count != kernelHops.Count) return false;
        // IPv6 keeps siblings in an order of its own.
        return wanted.IsIPv6
            ? hops.All(hop => kernelHops.Any(other => SameHop(hop, other)))
            : hops.Zip(kernelHops).All(pair => SameHop(pair.First, pair.Second));
    }

    private static bool SameHop(RouteNextHop wanted, RouteNextHop kernel) =>
        Equals(wanted.Gateway, kernel.Gateway) && SameInterface(wanted.InterfaceIndex, kernel.InterfaceIndex) && wanted.Weight == kernel.Weight
        && SameOnLink(wanted.Flags, kernel.Flags) && Equals(wanted.Encapsulation, kernel.Encapsulation);

    private static bool SameInterface(int wanted, int kernel) => wanted == 0 || wanted == kernel;

    private static bool SameOnLink(RouteFlags wanted, RouteFlags kernel) => ((wanted ^ kernel) & RouteFlags.OnLink) == 0;

    // Time until expiry always differs: it is no difference.
    private static bool SameDetails(RouteDetails wanted, RouteDetails kernel) =>
        ReferenceEquals(wanted, kernel)
        || Equals(wanted.PreferredSource, kernel.PreferredSource) && wanted.Source.Equals(kernel.Source) && SameMetrics(wanted.Metrics, kernel.Metrics)
        && Equals(wanted.Encapsulation, kernel.Encapsulation) && (wanted.Preference ?? RoutePreference.Medium) == (kernel.Preference ?? RoutePreference.Medium);

    private static bool SameMetrics(RouteMetrics? wanted, RouteMetrics? kernel) => (wanted ?? NoMetrics).Equals(kernel ?? NoMetrics);

    private static readonly RouteMetrics NoMetrics = new();
}
