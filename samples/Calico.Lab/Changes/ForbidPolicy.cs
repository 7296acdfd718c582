using System.Net;
using System.Net.Sockets;
using Calico.Lab.Probes;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Lab.Changes;

/// <summary>A policy that forbids exactly one probe and passes everything else on.</summary>
internal static class ForbidPolicy
{
    public static GlobalNetworkPolicy For(Probe probe) => Manifest(
        $$"""
        {
          "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "lab.forbid-one"},
          "spec": {
            "tier": "lab", "order": 1, "selector": "projectcalico.org/orchestrator == 'k8s'", "types": ["Ingress"],
            "ingress": [
              {
                "action": "Deny", "protocol": "{{(probe.Protocol == ProbeProtocol.Udp ? "UDP" : "TCP")}}",
                "source": {"nets": ["{{Host(probe.FromAddress)}}"]}, "destination": {"nets": ["{{Host(probe.ToAddress)}}"], "ports": [{{probe.Port}}]}
              },
              {"action": "Pass"}
            ]
          }
        }
        """);

    private static GlobalNetworkPolicy Manifest(string json) => ResourceJson.Read<GlobalNetworkPolicy>(json);

    private static string Host(IPAddress address) => $"{address}/{(address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)}";
}
