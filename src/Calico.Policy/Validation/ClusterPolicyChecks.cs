using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Validation;

/// <summary>policy.networking.k8s.io: AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy, by their CRD schemas.</summary>
internal static class ClusterPolicyChecks
{
    private const int MostEntries = 100;
    private const int LongestRuleName = 100;
    private const int MostNetworks = 25;

    public static void Admin(BaselineAdminNetworkPolicySpec spec, bool isBaseline, Checks checks)
    {
        if (spec is AdminNetworkPolicySpec admin) Priority(admin.Priority, checks);
        Subject(spec.Subject, checks);
        checks.AtMost(spec.Ingress.Count, MostEntries, "spec.ingress");
        checks.AtMost(spec.Egress.Count, MostEntries, "spec.egress");
        for (int i = 0; i < spec.Ingress.Count; i++)
        {
            string path = DocumentPath.Join("spec.ingress", i);
            AdminAction(spec.Ingress[i].Action, isBaseline, path, checks);
            Name(spec.Ingress[i].Name, path, checks);
            Peers(spec.Ingress[i].From, $"{path}.from", checks);
            AdminPorts(spec.Ingress[i].Ports, $"{path}.ports", checks);
        }

        for (int i = 0; i < spec.Egress.Count; i++)
        {
            string path = DocumentPath.Join("spec.egress", i);
            AdminAction(spec.Egress[i].Action, isBaseline, path, checks);
            Name(spec.Egress[i].Name, path, checks);
            Peers(spec.Egress[i].To, $"{path}.to", checks);
            AdminPorts(spec.Egress[i].Ports, $"{path}.ports", checks);
        }
    }

    public static void Cluster(ClusterNetworkPolicySpec spec, Checks checks)
    {
        checks.OneOf(spec.Tier, "spec.tier", "Admin", "Baseline");
        Priority(spec.Priority, checks);
        Subject(spec.Subject, checks);
        checks.AtMost(spec.Ingress.Count, MostEntries, "spec.ingress");
        checks.AtMost(spec.Egress.Count, MostEntries, "spec.egress");
        for (int i = 0; i < spec.Ingress.Count; i++)
        {
            string path = DocumentPath.Join("spec.ingress", i);
            checks.OneOf(spec.Ingress[i].Action, $"{path}.action", "Accept", "Deny", "Pass");
            Name(spec.Ingress[i].Name, path, checks);
            Peers(spec.Ingress[i].From, $"{path}.from", checks);
            Protocols(spec.Ingress[i].Protocols, $"{path}.protocols", checks);
        }

        for (int i = 0; i < spec.Egress.Count; i++)
        {
            string path = DocumentPath.Join("spec.egress", i);
            checks.OneOf(spec.Egress[i].Action, $"{path}.action", "Accept", "Deny", "Pass");
            Name(spec.Egress[i].Name, path, checks);
            Peers(spec.Egress[i].To, $"{path}.to", checks);
            Protocols(spec.Egress[i].Protocols, $"{path}.protocols", checks);
        }
    }

    private static void AdminAction(string? action, bool isBaseline, string path, Checks checks)
    {
        if (isBaseline) checks.OneOf(action, $"{path}.action", "Allow", "Deny");
        else checks.OneOf(action, $"{path}.action", "Allow", "Deny", "Pass");
    }

    private static void Priority(int? priority, Checks checks)
    {
        if (priority is null) checks.Add("spec.priority", "is required");
        else checks.Range(priority, 0, 1_000, "spec.priority");
    }

    private static void Name(string? name, string path, Checks checks) =>
        checks.Require(name is null || name.Length <= LongestRuleName, $"{path}.name", $"is longer than {LongestRuleName} characters");

    private static void Subject(ClusterPolicySubject? subject, Checks checks)
    {
        checks.Require(subject is not null && subject.Namespaces is null != subject.Pods is null, "spec.subject", "exactly one of namespaces and pods is to be set");
        KubernetesPolicyChecks.LabelSelector(subject?.Namespaces, "spec.subject.namespaces", checks);
        Pods(subject?.Pods, "spec.subject.pods", checks);
    }

    private static void Pods(NamespacedPods? pods, string path, Checks checks)
    {
        KubernetesPolicyChecks.LabelSelector(pods?.NamespaceSelector, $"{path}.namespaceSelector", checks);
        KubernetesPolicyChecks.LabelSelector(pods?.PodSelector, $"{path}.podSelector", checks);
    }

    private static void Peers<T>(EquatableArray<T> peers, string path, Checks checks)
        where T : ClusterPolicyPeer
    {
        checks.Require(!peers.IsEmpty, path, "needs at least one peer");
        checks.AtMost(peers.Count, MostEntries, path);
        for (int i = 0; i < peers.Count; i++)
        {
            string at = DocumentPath.Join(path, i);
            ClusterPolicyPeer peer = peers[i];
            ClusterPolicyEgressPeer? egress = peer as ClusterPolicyEgressPeer;
            int given = (peer.Namespaces is null ? 0 : 1) + (peer.Pods is null ? 0 : 1)
                + (egress?.Nodes is null ? 0 : 1) + (egress is { Networks.IsEmpty: false } ? 1 : 0) + (egress is { DomainNames.IsEmpty: false } ? 1 : 0);
            checks.Require(given == 1, at, "exactly one field is to be set");
            KubernetesPolicyChecks.LabelSelector(peer.Namespaces, $"{at}.namespaces", checks);
            Pods(peer.Pods, $"{at}.pods", checks);
            if (egress is null) continue;
            KubernetesPolicyChecks.LabelSelector(egress.Nodes, $"{at}.nodes", checks);
            checks.AtMost(egress.Networks.Count, MostNetworks, $"{at}.networks");
            for (int n = 0; n < egress.Networks.Count; n++) checks.Cidr(egress.Networks[n], DocumentPath.Join($"{at}.networks", n), addressAllowed: false);
        }
    }

    private static void AdminPorts(EquatableArray<AdminPort>? ports, string path, Checks checks)
    {
        if (ports is not { } given) return;
        checks.AtMost(given.Count, MostEntries, path);
        for (int i = 0; i < given.Count; i++)
        {
            string at = DocumentPath.Join(path, i);
            AdminPort port = given[i];
            checks.Require((port.PortNumber is null ? 0 : 1) + (port.PortRange is null ? 0 : 1) + (port.NamedPort is null ? 0 : 1) == 1, at, "exactly one of portNumber, portRange, namedPort is to be set");
            if (port.PortNumber is { } number)
            {
                if (number.Protocol is not null) checks.OneOf(number.Protocol, $"{at}.portNumber.protocol", "TCP", "UDP", "SCTP");
                checks.Require(number.Port is >= 1 and <= 65535, $"{at}.portNumber.port", "must be 1–65535");
            }

            if (port.PortRange is { } range)
            {
                if (range.Protocol is not null) checks.OneOf(range.Protocol, $"{at}.portRange.protocol", "TCP", "UDP", "SCTP");
                Range(range.Start, range.End, $"{at}.portRange", checks);
            }
        }
    }

    private static void Protocols(EquatableArray<ClusterProtocol> protocols, string path, Checks checks)
    {
        checks.AtMost(protocols.Count, MostEntries, path);
        for (int i = 0; i < protocols.Count; i++)
        {
            string at = DocumentPath.Join(path, i);
            ClusterProtocol protocol = protocols[i];
            int given = (protocol.Tcp is null ? 0 : 1) + (protocol.Udp is null ? 0 : 1) + (protocol.Sctp is null ? 0 : 1) + (protocol.DestinationNamedPort is null ? 0 : 1);
            checks.Require(given == 1, at, "exactly one of tcp, udp, sctp, destinationNamedPort is to be set");
            foreach ((string name, ClusterProtocolPorts? ports) in (ReadOnlySpan<(string, ClusterProtocolPorts?)>)[("tcp", protocol.Tcp), ("udp", protocol.Udp), ("sctp", protocol.Sctp)])
            {
                if (ports?.DestinationPort is not { } port) continue;
                string portAt = $"{at}.{name}.destinationPort";
                checks.Require(port.Number is null != port.Range is null, portAt, "exactly one of number and range is to be set");
                checks.Range(port.Number, 1, 65535, $"{portAt}.number");
                if (port.Range is { } range) Range(range.Start, range.End, $"{portAt}.range", checks);
            }
        }
    }

    private static void Range(int? start, int? end, string path, Checks checks)
    {
        checks.Require(start is >= 1 and <= 65535, $"{path}.start", "must be 1–65535");
        checks.Require(end is >= 1 and <= 65535, $"{path}.end", "must be 1–65535");
        checks.Require(start is null || end is null || start <= end, $"{path}.end", "is below start");
    }
}
