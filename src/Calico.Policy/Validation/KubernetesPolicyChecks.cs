using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Validation;

/// <summary>networking.k8s.io/v1 NetworkPolicy, by the API server's rules.</summary>
internal static class KubernetesPolicyChecks
{
    private const int LongestPortName = 15;

    public static void Check(KubernetesNetworkPolicySpec spec, Checks checks)
    {
        LabelSelector(spec.PodSelector, "spec.podSelector", checks);
        for (int i = 0; i < spec.PolicyTypes.Count; i++) checks.OneOf(spec.PolicyTypes[i], DocumentPath.Join("spec.policyTypes", i), "Ingress", "Egress");
        checks.AtMost(spec.PolicyTypes.Count, 2, "spec.policyTypes");
        for (int i = 0; i < spec.Ingress.Count; i++)
        {
            string path = DocumentPath.Join("spec.ingress", i);
            Peers(spec.Ingress[i].From, $"{path}.from", checks);
            Ports(spec.Ingress[i].Ports, $"{path}.ports", checks);
        }

        for (int i = 0; i < spec.Egress.Count; i++)
        {
            string path = DocumentPath.Join("spec.egress", i);
            Peers(spec.Egress[i].To, $"{path}.to", checks);
            Ports(spec.Egress[i].Ports, $"{path}.ports", checks);
        }
    }

    public static void LabelSelector(LabelSelector? selector, string path, Checks checks)
    {
        if (selector is null) return;
        NameRules.Labels(selector.MatchLabels, $"{path}.matchLabels", checks);
        for (int i = 0; i < selector.MatchExpressions.Count; i++)
        {
            string at = DocumentPath.Join($"{path}.matchExpressions", i);
            LabelSelectorRequirement requirement = selector.MatchExpressions[i];
            checks.Require(requirement.Key is not null && NameRules.IsQualifiedName(requirement.Key), $"{at}.key", $"{Checks.Shown(requirement.Key)} is not a label name");
            checks.OneOf(requirement.Operator, $"{at}.operator", "In", "NotIn", "Exists", "DoesNotExist");
            bool takesValues = requirement.Operator is "In" or "NotIn";
            checks.Require(!takesValues || !requirement.Values.IsEmpty, $"{at}.values", $"operator {requirement.Operator} needs values");
            checks.Require(takesValues || requirement.Values.IsEmpty, $"{at}.values", $"operator {requirement.Operator} takes no values");
            for (int v = 0; v < requirement.Values.Count; v++)
                checks.Require(NameRules.IsLabelValue(requirement.Values[v]), DocumentPath.Join($"{at}.values", v), $"{Checks.Shown(requirement.Values[v])} is not a label value");
        }
    }

    private static void Peers(EquatableArray<NetworkPolicyPeer> peers, string path, Checks checks)
    {
        for (int i = 0; i < peers.Count; i++)
        {
            string at = DocumentPath.Join(path, i);
            NetworkPolicyPeer peer = peers[i];
            LabelSelector(peer.PodSelector, $"{at}.podSelector", checks);
            LabelSelector(peer.NamespaceSelector, $"{at}.namespaceSelector", checks);
            bool selects = peer.PodSelector is not null || peer.NamespaceSelector is not null;
            checks.Require(selects || peer.IpBlock is not null, at, "needs podSelector, namespaceSelector or ipBlock");
            if (peer.IpBlock is not { } block) continue;
            checks.Require(!selects, $"{at}.ipBlock", "excludes podSelector and namespaceSelector");
            if (checks.Cidr(block.Cidr, $"{at}.ipBlock.cidr", addressAllowed: false) is not { } cidr) continue;
            for (int e = 0; e < block.Except.Count; e++)
            {
                string exceptAt = DocumentPath.Join($"{at}.ipBlock.except", e);
                if (checks.Cidr(block.Except[e], exceptAt, addressAllowed: false) is { } except)
                    checks.Require(cidr.Contains(except) && except.Length > cidr.Length, exceptAt, $"{Checks.Shown(block.Except[e])} is not a part of {cidr}");
            }
        }
    }

    private static void Ports(EquatableArray<NetworkPolicyPort> ports, string path, Checks checks)
    {
        for (int i = 0; i < ports.Count; i++)
        {
            string at = DocumentPath.Join(path, i);
            NetworkPolicyPort port = ports[i];
            if (port.Protocol is not null) checks.OneOf(port.Protocol, $"{at}.protocol", "TCP", "UDP", "SCTP");
            if (port.Port is { Number: { } number })
            {
                checks.Range(number, 1, 65535, $"{at}.port");
                checks.Range(port.EndPort, 1, 65535, $"{at}.endPort");
                checks.Require(port.EndPort is null || port.EndPort >= number, $"{at}.endPort", "is below port");
                continue;
            }

            checks.Require(port.EndPort is null, $"{at}.endPort", "needs a port that is a number");
            if (port.Port is { Text: { } name }) checks.Require(IsServiceName(name), $"{at}.port", $"{Checks.Shown(name)} is not the name of a port: at most {LongestPortName} of a–z, 0–9, '-', at least one letter");
        }
    }

    // IANA service names (RFC 6335, section 5.1), in lower case.
    public static bool IsServiceName(string name) =>
        name.Length is > 0 and <= LongestPortName && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal)
        && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && name.Any(char.IsAsciiLetterLower);
}
