using System.Net;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>Where a filter stands.</summary>
public enum FilterDirection
{
    /// <summary>From a neighbour into the Loc-RIB.</summary>
    Import,

    /// <summary>From the Loc-RIB to a neighbour.</summary>
    Export,

    /// <summary>From the Loc-RIB to a subscriber.</summary>
    Subscription,
}

/// <summary>What filters know of one end of a route's way.</summary>
public sealed record RouteParty
{
    /// <summary>A route of this speaker's own.</summary>
    public static RouteParty Local { get; } = new() { IsLocal = true };

    /// <summary>Whether this is the speaker itself.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether the neighbour is in another AS (a member of the own confederation is not).</summary>
    public bool IsExternal { get; init; }

    /// <summary>The neighbour's address; null for the speaker itself.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The neighbour's AS.</summary>
    public Asn Asn { get; init; }

    /// <summary>The own address of the session.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>The neighbour's name.</summary>
    public string? Name { get; init; }
}

/// <summary>A route in front of a filter: what it is, where it comes from and goes to, and a way to edit it.</summary>
public ref struct RouteContext
{
    private readonly IpPrefix _prefix;
    private PathAttributesBuilder? _builder;
    private PathAttributes _attributes;

    internal RouteContext(FilterDirection direction, Family family, IpPrefix prefix, PathAttributes attributes, RouteParty source, RouteParty? target, LocalRoute? local, ushort preference)
    {
        Direction = direction;
        Family = family;
        _prefix = prefix;
        _attributes = attributes;
        Source = source;
        Target = target;
        LocalRoute = local;
        Preference = preference;
    }

    /// <summary>A route to try a filter on, outside of a speaker.</summary>
    /// <param name="direction">Where the filter stands.</param>
    /// <param name="prefix">The destination.</param>
    /// <param name="attributes">The route's attributes.</param>
    /// <param name="source">Where the route comes from.</param>
    /// <param name="target">The neighbour it goes to; null on import and for subscriptions.</param>
    /// <param name="local">The local route, when <paramref name="source"/> is the speaker itself.</param>
    public RouteContext(FilterDirection direction, IPNetwork prefix, PathAttributes attributes, RouteParty source, RouteParty? target = null, LocalRoute? local = null)
        : this(direction, IpPrefix.From(prefix).IsIPv6 ? Family.Ipv6Unicast : Family.Ipv4Unicast, IpPrefix.From(prefix), attributes, source, target, local, local?.Preference ?? 100)
    {
    }

    /// <summary>Where the filter stands.</summary>
    public FilterDirection Direction { get; }

    /// <summary>The address family.</summary>
    public Family Family { get; }

    /// <summary>Where the route comes from.</summary>
    public RouteParty Source { get; }

    /// <summary>The neighbour the route goes to; null on import and for subscriptions.</summary>
    public RouteParty? Target { get; }

    /// <summary>The neighbour whose filter this is: the source on import, the target on export.</summary>
    public readonly RouteParty Neighbor => Target ?? Source;

    /// <summary>The local route, when the speaker itself is the source.</summary>
    public LocalRoute? LocalRoute { get; }

    /// <summary>The destination. Makes objects: prefer <see cref="PrefixLength"/> and <see cref="IsInside"/> in filters that run often.</summary>
    public readonly IPNetwork Prefix => _prefix.ToIPNetwork();

    /// <summary>Length of the prefix in bits.</summary>
    public readonly int PrefixLength => _prefix.Length;

    /// <summary>Whether the destination is IPv6.</summary>
    public readonly bool IsIPv6 => _prefix.IsIPv6;

    internal readonly IpPrefix Bits => _prefix;

    /// <summary>On import: how the route stands against routes to the same prefix before anything else is compared; the higher wins.
    /// 100 for routes of neighbours, 200 for local ones.</summary>
    public ushort Preference { get; set; }

    /// <summary>The attributes as edited so far.</summary>
    public PathAttributes Attributes
    {
        get
        {
            if (_builder is null) return _attributes;
            _attributes = _builder.Build();
            _builder = null;
            return _attributes;
        }
    }

    /// <summary>Opens the attributes for changes; they are the route's if the filter accepts.</summary>
    /// <returns>The builder to change.</returns>
    public PathAttributesBuilder Edit() => _builder ??= new PathAttributesBuilder(_attributes);

    /// <summary>Whether the destination is inside (or equal to) a prefix.</summary>
    /// <param name="outer">The enclosing prefix.</param>
    /// <returns>False also when the families differ.</returns>
    public readonly bool IsInside(IPNetwork outer) => IpPrefix.From(outer).Contains(_prefix);
}
