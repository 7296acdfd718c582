using System.Net;
using System.Text;
using Calico.Dataplane;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.PacketPath.Bench;

/// <summary>The same policies twice: as Calico lays chains out, and as this library does.</summary>
internal static class Rulesets
{
    /// <summary>Each policy allows one peer; the last one's is the client. Mark tests around each jump, as in Calico's nftables mode.</summary>
    public static string CalicoChains(int policies)
    {
        StringBuilder text = new("table inet calico {\n");
        for (int i = 0; i < policies; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"set s{i} {{ type ipv4_addr; elements = {{ {Peer(i, policies)} }} }}\n");
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"chain pol{i} {{ ip saddr @s{i} meta l4proto udp counter meta mark set meta mark or 0x10000\nmeta mark and 0x10000 == 0x10000 counter return\n}}\n");
        }

        text.Append("chain ep {\nct state established,related accept\nct state invalid drop\nmeta mark set meta mark and 0xfffcffff\n");
        for (int i = 0; i < policies; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"meta mark and 0x20000 == 0 jump pol{i}\nmeta mark and 0x10000 == 0x10000 return\n");
        text.Append("meta mark and 0x20000 == 0 drop\n}\nmap d { type ifname : verdict; elements = { \"calilast\" : goto ep } }\n");
        text.Append("chain forward { type filter hook forward priority 0; policy accept; oifname vmap @d; }\n}\n");
        return text.ToString();
    }

    /// <summary>The same through the library: policies on the workload, further endpoints, further addresses in the last policy's set.</summary>
    public static IEnumerable<PolicyDelta> Deltas(int policies, int endpoints = 1, int addresses = 1)
    {
        List<PolicyId> ids = [];
        for (int i = 0; i < policies; i++)
        {
            IEnumerable<string> members = i == policies - 1 ? Enumerable.Range(0, addresses - 1).Select(a => $"100.{64 + (a >> 16)}.{a >> 8 & 255}.{a & 255}").Append(Peer(i, policies)) : [Peer(i, policies)];
            yield return new IpSetUpdate($"s:{i}", IpSetKind.Net, members.Select(m => new SetMember(new IPNetwork(IPAddress.Parse(m), 32))).Order().ToEquatableArray());
            PolicyId id = new(PolicyKind.NetworkPolicy, "prod", $"p{i}");
            ids.Add(id);
            ActiveRule rule = new() { Action = RuleAction.Allow, Protocol = IpProtocol.Udp, Source = new ActiveMatch { IpSets = [$"s:{i}"] } };
            yield return new PolicyUpdate(new ActivePolicy { Id = id, Tier = "default", Types = PolicyTypes.Ingress, Ingress = [rule] });
        }

        yield return new ProfileUpdate(new ActiveProfile { Name = "kns.prod", Ingress = [new ActiveRule()], Egress = [new ActiveRule()] });
        EndpointPolicies applied = new() { Tiers = [new EndpointTier("default", TierDefaultAction.Deny, ids.ToEquatableArray(), [])], Profiles = ["kns.prod"] };
        for (int i = 0; i < endpoints; i++)
        {
            string name = i == 0 ? Topology.WorkloadInterface : $"cali{i:d5}";
            IPAddress address = i == 0 ? Topology.Workload : IPAddress.Parse($"10.1.{i >> 8}.{i & 255}");
            yield return new WorkloadEndpointUpdate(
                new WorkloadEndpointModel { Id = new WorkloadEndpointId("n1", "k8s", $"prod/pod{i}", "eth0"), InterfaceName = name, Nets = [new IPNetwork(address, 32)] }, applied);
        }

        yield return new InSync();
    }

    public static async Task ApplyAsync(Topology topology, IEnumerable<PolicyDelta> deltas, PolicyShape shape)
    {
        topology.Clear();
        await using CalicoDataplane dataplane = CalicoDataplane.Open(new DataplaneOptions { Shape = shape }, topology.Router);
        dataplane.Apply(deltas);
        await dataplane.FlushAsync();
    }

    private static string Peer(int i, int policies) => i == policies - 1 ? Topology.Client.ToString() : $"192.168.{i >> 8}.{i & 255}";
}
