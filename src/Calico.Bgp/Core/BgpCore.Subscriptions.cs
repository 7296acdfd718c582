using System.Buffers.Binary;
using System.Net;
using Calico.Net;

namespace Calico.Bgp;

// Best routes out: subscriptions and queries.
public sealed partial class BgpCore
{
    private readonly List<CoreSubscription> _subscriptions = [];

    /// <summary>Starts a stream of changes; it begins with everything there is.</summary>
    /// <param name="options">What is wanted; null: the defaults.</param>
    /// <returns>The subscription.</returns>
    public CoreSubscription Subscribe(RouteSubscriptionOptions? options = null)
    {
        var subscription = new CoreSubscription(this, options ?? new RouteSubscriptionOptions());
        _subscriptions.Add(subscription);
        return subscription;
    }

    /// <summary>Ends a subscription.</summary>
    /// <param name="subscription">Which.</param>
    public void Unsubscribe(CoreSubscription subscription)
    {
        if (_subscriptions.Remove(subscription)) subscription.Close();
    }

    /// <summary>The best route of a slot as a subscriber is told; null when there is nothing to tell.</summary>
    internal RouteChange? Describe(Rib rib, int slot, RouteSubscriptionOptions options)
    {
        int best = rib.Best(slot);
        if (best == 0) return null;
        RibPath path = rib.Paths[best];
        PathSource source = SourceOf(path.Source);
        if (source.IsLocal && !options.IncludeLocal) return null;
        PathAttributes attributes = _attributes[path.Attributes];
        if (options.Filter is { } filter)
        {
            var context = new RouteContext(FilterDirection.Subscription, rib.Family, rib.Prefix(slot), attributes, source.Party, null, rib.LocalRoute(slot, source), path.Preference);
            if (filter.Decide(ref context) != FilterVerdict.Accept) return null;
            attributes = context.Attributes;
        }

        return new RouteChange(RouteChangeKind.Add, rib.Family, rib.Prefix(slot).ToIPNetwork(), NextHops(rib, best, attributes, source), attributes, source.Party.Address);
    }

    private List<RouteNextHop> NextHops(Rib rib, int best, PathAttributes attributes, PathSource source)
    {
        var hops = new List<RouteNextHop>(1);
        AddNextHop(hops, attributes, source);
        if (Options.BestPath.MaximumPaths <= 1) return hops;
        for (int index = rib.Paths[best].Next; index != 0 && hops.Count < Options.BestPath.MaximumPaths; index = rib.Paths[index].Next)
        {
            if (_decision.IsEquallyGood(rib.Paths[best], rib.Paths[index]))
                AddNextHop(hops, _attributes[rib.Paths[index].Attributes], SourceOf(rib.Paths[index].Source));
        }

        // Shares count only when every path names one (link bandwidth, RFC 4360 type 0x40 or 0x00, subtype 4).
        if (hops.Exists(h => h.Weight == 0)) return hops.ConvertAll(h => h with { Weight = 1 });
        int smallest = hops.Min(h => h.Weight);
        return hops.ConvertAll(h => h with { Weight = Math.Clamp((int)Math.Round((double)h.Weight / smallest), 1, 255) });
    }

    private static void AddNextHop(List<RouteNextHop> hops, PathAttributes attributes, PathSource source)
    {
        IPAddress? address = attributes.NextHop;
        if (address is null) return;
        bool linkLocal = address.IsIPv6LinkLocal;
        if (linkLocal && source.Party.LocalAddress is { ScopeId: not 0 } local) address = new IPAddress(address.GetAddressBytes(), local.ScopeId);
        if (hops.Exists(h => h.Address.Equals(address))) return;
        hops.Add(new RouteNextHop(address, LinkBandwidth(attributes), linkLocal ? source.Interface : null));
    }

    private static int LinkBandwidth(PathAttributes attributes)
    {
        foreach (ExtendedCommunity community in attributes.ExtendedCommunities)
        {
            if (community is { SubType: 4, Type: 0x40 or 0x00 }) return (int)Math.Clamp(BitConverter.UInt32BitsToSingle((uint)community.Value) / 1000, 1, int.MaxValue);
        }

        return 0;
    }
}
