using System.IO.Enumeration;
using Calico.Net;

namespace Calico.Bgp.Topology;

/// <summary>One compiled rule of a BGPFilter.</summary>
internal sealed class BgpFilterRule
{
    private enum PrefixTest { None, Equal, NotEqual, In, NotIn, Never, Always }

    private PrefixTest _test;
    private IpPrefix _cidr;
    private int _minimum;
    private int _maximum;
    private bool _fromPeers;
    private bool? _external;
    private Community? _community;
    private LargeCommunity? _largeCommunity;
    private uint[]? _pathPrefix;
    private uint? _localPreference;
    private BgpFilterEdit[] _edits = [];

    public string? Interface { get; private set; }

    public bool Accepts { get; private set; }

    public static BgpFilterRule Compile(BgpFilterRuleSpec spec, bool isIPv6, ProblemSink problems)
    {
        BgpFilterRule rule = new() { Interface = string.IsNullOrEmpty(spec.Interface) ? null : spec.Interface };
        bool sound = rule.SetPrefix(spec, isIPv6, problems);
        rule._fromPeers = Choice(spec.Source, "source", problems, ref sound, "RemotePeers") is not null;
        rule._external = Choice(spec.PeerType, "peerType", problems, ref sound, "eBGP", "iBGP") switch { "eBGP" => true, "iBGP" => false, _ => null };
        sound &= rule.SetCommunity(spec.Communities, problems);
        rule._pathPrefix = spec.AsPathPrefix is { Count: > 0 } path ? [.. path] : null;
        rule._localPreference = spec.Priority is { } priority ? TopologyRoutes.PriorityBase - (uint)priority : null;
        rule._edits = [.. (spec.Operations ?? []).Select((o, i) => BgpFilterEdit.Compile(o, i, problems, ref sound))];
        rule.Accepts = Choice(spec.Action, "action", problems, ref sound, "Accept", "Reject") == "Accept" && sound;
        return rule;
    }

    public bool Matches(ref RouteContext route, string? outgoing)
    {
        if (_external is { } external && route.Neighbor.IsExternal != external) return false;
        if (!PrefixMatches(route.Bits)) return false;
        if (_fromPeers && route.Source.IsLocal) return false;
        if (Interface is not null && (outgoing is null || !FileSystemName.MatchesSimpleExpression(Interface, outgoing, ignoreCase: false))) return false;
        if (_community is { } community && !route.Attributes.Has(community)) return false;
        if (_largeCommunity is { } large && !route.Attributes.Has(large)) return false;
        if (_pathPrefix is not null && !PathBegins(route.Attributes.AsPath, _pathPrefix)) return false;
        return _localPreference is not { } preference || route.Attributes.LocalPreference == preference;
    }

    public void Edit(ref RouteContext route)
    {
        foreach (BgpFilterEdit edit in _edits) edit.Apply(ref route);
    }

    private bool PrefixMatches(in IpPrefix net) => _test switch
    {
        PrefixTest.None or PrefixTest.Always => true,
        PrefixTest.Never => false,
        PrefixTest.Equal => net == _cidr,
        PrefixTest.NotEqual => net != _cidr,
        PrefixTest.In => IsIn(net),
        _ => !IsIn(net),
    };

    private bool IsIn(in IpPrefix net) => net.Length >= _minimum && net.Length <= _maximum && (_cidr.Contains(net) || (net.Length < _cidr.Length && net.Contains(_cidr)));

    private bool SetPrefix(BgpFilterRuleSpec spec, bool isIPv6, ProblemSink problems)
    {
        if (string.IsNullOrEmpty(spec.Cidr) && string.IsNullOrEmpty(spec.MatchOperator)) return true;
        if (string.IsNullOrEmpty(spec.Cidr) || string.IsNullOrEmpty(spec.MatchOperator))
        {
            problems.Add(string.IsNullOrEmpty(spec.Cidr) ? "cidr" : "matchOperator", "cidr and matchOperator go together");
            return false;
        }

        if (!IpPrefix.TryParse(spec.Cidr, out _cidr) || _cidr.IsIPv6 != isIPv6)
        {
            problems.Add("cidr", $"'{spec.Cidr}' is no IPv{(isIPv6 ? 6 : 4)} range");
            return false;
        }

        _minimum = spec.PrefixLength?.Min ?? _cidr.Length;
        _maximum = spec.PrefixLength?.Max ?? _cidr.MaxLength;
        bool hasLengths = spec.PrefixLength is { Min: not null } or { Max: not null };
        bool sound = true;
        _test = Choice(spec.MatchOperator, "matchOperator", problems, ref sound, "Equal", "NotEqual", "In", "NotIn") switch
        {
            "Equal" => hasLengths ? PrefixTest.Never : PrefixTest.Equal,
            "NotEqual" => hasLengths ? PrefixTest.Always : PrefixTest.NotEqual,
            "In" => PrefixTest.In,
            "NotIn" => PrefixTest.NotIn,
            _ => PrefixTest.None,
        };
        return sound;
    }

    private bool SetCommunity(CommunityMatchSpec? match, ProblemSink problems)
    {
        if (match is null) return true;
        if (match.Values is not [string value])
        {
            problems.Add("communities.values", $"has {match.Values?.Count ?? 0} values; exactly one is allowed");
            return false;
        }

        if (Community.TryParse(value, null, out Community community)) _community = community;
        else if (LargeCommunity.TryParse(value, null, out LargeCommunity large)) _largeCommunity = large;
        else
        {
            problems.Add("communities.values[0]", $"'{value}' is no community: aa:nn or aa:nn:mm");
            return false;
        }

        return true;
    }

    private static bool PathBegins(AsPath path, uint[] prefix)
    {
        if (path.Length < prefix.Length) return false;
        Asn[] asns = path.ToArray();
        for (int i = 0; i < prefix.Length; i++)
        {
            if (i >= asns.Length || asns[i].Value != prefix[i]) return false;
        }

        return true;
    }

    private static string? Choice(string? value, string field, ProblemSink problems, ref bool sound, params ReadOnlySpan<string> allowed)
    {
        if (string.IsNullOrEmpty(value) && field != "action") return null;
        foreach (string choice in allowed)
        {
            if (value == choice) return choice;
        }

        problems.Add(field, $"'{value}' is not one of {string.Join(", ", allowed)}");
        sound = false;
        return null;
    }
}
