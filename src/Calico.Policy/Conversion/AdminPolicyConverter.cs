using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>
/// AdminNetworkPolicy and BaselineAdminNetworkPolicy as the ClusterNetworkPolicy that means the same: the API's own successor of both.
/// Calico has dropped them; they take the same tiers.
/// </summary>
public static class AdminPolicyConverter
{
    /// <summary>Rewrites a policy; then convert it as any ClusterNetworkPolicy.</summary>
    public static ClusterNetworkPolicy ToCluster(AdminNetworkPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return ToCluster(policy.Metadata, policy.Spec, "Admin", policy.Spec.Priority, passAllowed: true);
    }

    /// <summary>Rewrites a baseline policy; then convert it as any ClusterNetworkPolicy.</summary>
    public static ClusterNetworkPolicy ToCluster(BaselineAdminNetworkPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return ToCluster(policy.Metadata, policy.Spec, "Baseline", priority: null, passAllowed: false);
    }

    private static ClusterNetworkPolicy ToCluster(ObjectMeta metadata, BaselineAdminNetworkPolicySpec spec, string tier, int? priority, bool passAllowed) => new()
    {
        Metadata = metadata,
        Spec = new ClusterNetworkPolicySpec
        {
            Tier = tier,
            Priority = priority,
            Subject = spec.Subject,
            Ingress = spec.Ingress.Select(rule => new ClusterIngressRule { Name = rule.Name, Action = Action(rule.Action, passAllowed), From = rule.From, Protocols = Protocols(rule.Ports) }).ToEquatableArray(),
            Egress = spec.Egress.Select(rule => new ClusterEgressRule { Name = rule.Name, Action = Action(rule.Action, passAllowed), To = rule.To, Protocols = Protocols(rule.Ports) }).ToEquatableArray(),
        },
    };

    // A Pass the baseline may not have, as everything that is not understood, must not open anything.
    private static string? Action(string? action, bool passAllowed) => action switch
    {
        "Allow" => "Accept",
        "Pass" when !passAllowed => "Deny",
        "Accept" => "Allow",
        _ => action,
    };

    private static EquatableArray<ClusterProtocol> Protocols(EquatableArray<AdminPort>? ports) =>
        ports is null ? [] : ports.Value.IsEmpty ? [Unreadable] : ports.Value.Select(Protocol).ToEquatableArray();

    // More than one field, or a protocol nobody knows: an entry that the converter refuses, so that the rule fails closed.
    private static ClusterProtocol Unreadable { get; } = new() { Tcp = new(), Udp = new() };

    private static ClusterProtocol Protocol(AdminPort port)
    {
        int given = (port.PortNumber is null ? 0 : 1) + (port.PortRange is null ? 0 : 1) + (string.IsNullOrEmpty(port.NamedPort) ? 0 : 1);
        if (given != 1) return Unreadable;
        if (port.NamedPort is { Length: > 0 } name) return new ClusterProtocol { DestinationNamedPort = name };
        ClusterProtocolPorts ports = new()
        {
            DestinationPort = port.PortNumber is { } number
                ? new ClusterPort { Number = number.Port ?? 0 }
                : new ClusterPort { Range = new ClusterPortRange { Start = port.PortRange!.Start, End = port.PortRange.End } },
        };
        return (port.PortNumber?.Protocol ?? port.PortRange?.Protocol ?? "TCP") switch
        {
            "TCP" => new ClusterProtocol { Tcp = ports },
            "UDP" => new ClusterProtocol { Udp = ports },
            "SCTP" => new ClusterProtocol { Sctp = ports },
            _ => Unreadable,
        };
    }
}
