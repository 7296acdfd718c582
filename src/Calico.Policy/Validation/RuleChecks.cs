using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Validation;

/// <summary>A v3 rule: its fields, and what they require of one another.</summary>
internal static class RuleChecks
{
    private const int MostHttpEntries = 20;

    public static void Check(Rule rule, string path, Checks checks)
    {
        checks.OneOf(rule.Action, $"{path}.action", "Allow", "Deny", "Log", "Pass");
        checks.Require(rule.IpVersion is null or 4 or 6, $"{path}.ipVersion", $"is 4 or 6, not {rule.IpVersion}");
        checks.Protocol(rule.Protocol, $"{path}.protocol");
        checks.Protocol(rule.NotProtocol, $"{path}.notProtocol");
        Icmp(rule, path, checks);
        EntityChecks.Check(rule.Source, rule.Protocol, $"{path}.source", checks);
        EntityChecks.Check(rule.Destination, rule.Protocol, $"{path}.destination", checks);
        Families(rule, path, checks);
        if (rule.Http is { } http) Http(http, rule, $"{path}.http", checks);
        if (rule.Metadata is { } metadata) NameRules.Annotations(metadata.Annotations, $"{path}.metadata.annotations", checks);
        if (rule.Destination.Services is not null)
        {
            checks.Require(rule.Destination.Ports.IsEmpty, $"{path}.destination.ports", "cannot stand beside services, whose endpoints have ports");
            checks.Require(rule.Destination.NotPorts.IsEmpty, $"{path}.destination.notPorts", "cannot stand beside services, whose endpoints have ports");
        }
    }

    public static void Icmp(IcmpFields? fields, string path, Checks checks)
    {
        if (fields is null) return;
        checks.Range(fields.Type, 0, 254, $"{path}.type");
        checks.Range(fields.Code, 0, 255, $"{path}.code");
        checks.Require(fields.Code is null || fields.Type is not null, $"{path}.code", "needs a type beside it");
    }

    private static void Icmp(Rule rule, string path, Checks checks)
    {
        Icmp(rule.Icmp, $"{path}.icmp", checks);
        Icmp(rule.NotIcmp, $"{path}.notICMP", checks);
        IpProtocol? protocol = rule.Protocol?.Resolve(), negated = rule.NotProtocol?.Resolve();
        bool isIcmp = protocol is { IsIcmp: true };
        checks.Require(rule.Icmp is null || isIcmp, $"{path}.icmp", "needs protocol ICMP or ICMPv6");
        checks.Require(rule.NotIcmp is null || isIcmp, $"{path}.notICMP", "needs protocol ICMP or ICMPv6");
        if (protocol == IpProtocol.Icmp || negated == IpProtocol.Icmp) checks.Require(rule.IpVersion is null or 4, $"{path}.ipVersion", "is 4 with protocol ICMP");
        if (protocol == IpProtocol.IcmpV6 || negated == IpProtocol.IcmpV6) checks.Require(rule.IpVersion is null or 6, $"{path}.ipVersion", "is 6 with protocol ICMPv6");
    }

    // All CIDRs of a rule, on both sides, are of one family, the rule's if it names one.
    private static void Families(Rule rule, string path, Checks checks)
    {
        bool? v6 = rule.IpVersion is { } version ? version == 6 : null;
        foreach ((EquatableArray<string> nets, string name) in (ReadOnlySpan<(EquatableArray<string>, string)>)
            [(rule.Source.Nets, "source.nets"), (rule.Source.NotNets, "source.notNets"), (rule.Destination.Nets, "destination.nets"), (rule.Destination.NotNets, "destination.notNets")])
        {
            for (int i = 0; i < nets.Count; i++)
            {
                if (!IpPrefix.TryParse(nets[i], out IpPrefix prefix)) continue;
                v6 ??= prefix.IsIPv6;
                if (v6 == prefix.IsIPv6) continue;
                checks.Add(DocumentPath.Join($"{path}.{name}", i), rule.IpVersion is { } given
                    ? FormattableString.Invariant($"{Checks.Shown(nets[i])} is not of ipVersion {given}")
                    : "a rule may not mix IPv4 and IPv6 CIDRs");
            }
        }
    }

    public static void Http(HttpRule http, string path, Checks checks)
    {
        checks.AtMost(http.Methods.Count, MostHttpEntries, $"{path}.methods");
        checks.Unique(http.Methods, $"{path}.methods");
        checks.AtMost(http.Paths.Count, MostHttpEntries, $"{path}.paths");
        for (int i = 0; i < http.Paths.Count; i++)
        {
            string at = DocumentPath.Join($"{path}.paths", i);
            HttpPath entry = http.Paths[i];
            checks.Require(entry.Exact is null != entry.Prefix is null, at, "exactly one of exact and prefix is to be set");
            string text = entry.Exact ?? entry.Prefix ?? "/";
            checks.Require(text.StartsWith('/') && !text.AsSpan().ContainsAny("? #"), at, $"{Checks.Shown(text)} must begin with '/' and hold no '?', '#' or space");
        }
    }

    private static void Http(HttpRule http, Rule rule, string path, Checks checks)
    {
        Http(http, path, checks);
        checks.Require(rule.Action == "Allow", path, "goes with action Allow only");
        checks.Require(rule.Protocol is null || rule.Protocol.Value.Resolve() == IpProtocol.Tcp, path, "goes with protocol TCP, or none");
    }
}
