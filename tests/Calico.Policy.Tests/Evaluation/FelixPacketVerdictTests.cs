using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;
using Calico.Tests;

namespace Calico.Policy.Tests.Evaluation;

/// <summary>Resolved policies and packets with the verdicts of Felix's own tests.</summary>
public sealed class FelixPacketVerdictTests
{
    private static readonly Lazy<JsonElement> Cases = new(() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Conformance.Folder("policy"), "policy_verdicts.json"))).RootElement.GetProperty("cases"));

    public static TheoryData<int, string> All()
    {
        TheoryData<int, string> all = [];
        if (Conformance.Root is null && !Conformance.Required) return all;
        int index = 0;
        foreach (JsonElement item in Cases.Value.EnumerateArray()) all.Add(index++, item.GetProperty("ref").GetString()!);
        return all;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(All))]
    public void Verdict(int index, string reference)
    {
        JsonElement item = Cases.Value[index];
        ResolvedPolicy policy = new(item);
        foreach (JsonElement packet in item.GetProperty("packets").EnumerateArray())
            Assert.True(packet.GetProperty("verdict").GetString() == policy.Judge(packet), $"{reference}: {packet}");
    }

    /// <summary>The composition of hooks that Felix's BPF dataplane has, over this package's walk.</summary>
    private sealed class ResolvedPolicy
    {
        private readonly ActiveState _state = new();
        private readonly JsonElement _policy;
        private readonly bool _isIPv4;
        private readonly Dictionary<string, EquatableArray<EndpointTier>> _tiers = [];

        public ResolvedPolicy(JsonElement item)
        {
            _policy = item.GetProperty("policy");
            _isIPv4 = item.GetProperty("ipVersion").GetInt32() == 4;
            foreach (JsonProperty set in item.GetProperty("ipSets").EnumerateObject())
            {
                SetMember[] members = [.. set.Value.EnumerateArray().Select(m => Member(m.GetString()!))];
                IpSetKind kind = members.Any(m => m.Protocol.Number != 0) ? IpSetKind.AddressAndPort : IpSetKind.Net;
                _state.Apply(new IpSetUpdate(set.Name, kind, [.. members]));
            }

            foreach (string list in new[] { "tiers", "profiles", "hostNormalTiers", "hostPreDnatTiers", "hostForwardTiers", "hostProfiles" }) _tiers[list] = Read(list);
        }

        public string Judge(JsonElement packet)
        {
            Packet after = Packet.Of(Read(packet)), before = Packet.BeforeDnat(Read(packet));
            if (Flag(_policy, "untracked"))
            {
                return Walk("hostNormalTiers", after, endsPass: true) switch { HookVerdict.Allow => "allow", HookVerdict.Deny => "deny", _ => "continue" };
            }

            bool forHost = Flag(_policy, "forHostInterface"), ofHost = Flag(packet, "srcIsHost") || Flag(packet, "dstIsHost");
            HookVerdict host = Walk("hostPreDnatTiers", before, endsPass: true);
            if (host == HookVerdict.NoMatch && ofHost && !Flag(_policy, "suppressNormalHostPolicy"))
            {
                host = Walk("hostNormalTiers", after);
                if (host == HookVerdict.NoMatch) host = Walk("hostProfiles", after);
                if (host == HookVerdict.NoMatch) host = forHost || Has("hostNormalTiers") ? HookVerdict.Deny : HookVerdict.NoMatch;
            }
            else if (host == HookVerdict.NoMatch && !ofHost)
                host = Walk("hostForwardTiers", after);
            if (host == HookVerdict.Deny) return "deny";
            if (forHost) return "allow";
            HookVerdict result = Walk("tiers", after);
            if (result == HookVerdict.NoMatch) result = Walk("profiles", after);
            return result == HookVerdict.Allow ? "allow" : "deny";
        }

        private bool Has(string list) => !_tiers[list].IsEmpty;

        private HookVerdict Walk(string list, Packet packet, bool endsPass = false) =>
            new PolicyWalk(new ActiveRuleBook(_state), [], PolicyHook.Workload, PolicyTypes.Ingress, "test").Tiers(_tiers[list], in packet, false, endsPass);

        private EquatableArray<EndpointTier> Read(string list)
        {
            if (!_policy.TryGetProperty(list, out JsonElement tiers)) return [];
            List<EndpointTier> read = [];
            foreach (JsonElement tier in tiers.EnumerateArray())
            {
                List<PolicyId> ids = [];
                foreach (JsonElement policy in tier.GetProperty("policies").EnumerateArray())
                {
                    PolicyId id = new(PolicyKind.GlobalNetworkPolicy, "", $"{list} {read.Count} {ids.Count}");
                    ids.Add(id);
                    EquatableArray<ActiveRule> rules = policy.TryGetProperty("rules", out JsonElement items) ? items.EnumerateArray().Select(Rule).ToEquatableArray() : [];
                    _state.Apply(new PolicyUpdate(new ActivePolicy { Id = id, Tier = "t", Ingress = rules, Types = PolicyTypes.Ingress }));
                }

                TierDefaultAction end = tier.GetProperty("endAction").GetString() == "pass" ? TierDefaultAction.Pass : TierDefaultAction.Deny;
                read.Add(new EndpointTier(tier.GetProperty("name").GetString()!, end, ids.ToEquatableArray(), []));
            }

            return read.ToEquatableArray();
        }

        private static ActiveRule Rule(JsonElement rule) => new()
        {
            Action = Enum.Parse<RuleAction>(rule.GetProperty("action").GetString()!, ignoreCase: true),
            Protocol = Protocol(rule, "protocol"),
            NotProtocol = Protocol(rule, "notProtocol"),
            Icmp = rule.TryGetProperty("icmp", out JsonElement icmp)
                ? new IcmpMatch(icmp.GetProperty("type").GetByte(), icmp.TryGetProperty("code", out JsonElement code) ? code.GetByte() : null)
                : null,
            Source = Match(rule, "src", "Src"),
            Destination = Match(rule, "dst", "Dst"),
        };

        private static ActiveMatch Match(JsonElement rule, string side, string title) => new()
        {
            Nets = Texts(rule, $"{side}Net").Select(Net).ToEquatableArray(),
            NotNets = Texts(rule, $"not{title}Net").Select(Net).ToEquatableArray(),
            IpSets = Texts(rule, $"{side}IpSetIds").ToEquatableArray(),
            NotIpSets = Texts(rule, $"not{title}IpSetIds").ToEquatableArray(),
            NamedPortSets = Texts(rule, $"{side}NamedPortIpSetIds").ToEquatableArray(),
            Ports = Ports(rule, $"{side}Ports"),
            NotPorts = Ports(rule, $"not{title}Ports"),
        };

        private static EquatableArray<PortRange> Ports(JsonElement rule, string name) => rule.TryGetProperty(name, out JsonElement ports)
            ? ports.EnumerateArray().Select(p => new PortRange(p[0].GetUInt16(), p[1].GetUInt16())).ToEquatableArray()
            : [];

        private static IEnumerable<string> Texts(JsonElement rule, string name) =>
            rule.TryGetProperty(name, out JsonElement items) ? items.EnumerateArray().Select(t => t.GetString()!) : [];

        private static IPNetwork Net(string text) => IPNetwork.Parse(text);

        private static IpProtocol? Protocol(JsonElement rule, string name)
        {
            if (!rule.TryGetProperty(name, out JsonElement value)) return null;
            string text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.GetString()!;
            return IpProtocol.TryParse(text, out IpProtocol protocol) ? protocol : throw new FormatException(text);
        }

        private static SetMember Member(string text)
        {
            string[] parts = text.Split(',', ':');
            if (!text.Contains(',', StringComparison.Ordinal)) return new SetMember(Net(text));
            int comma = text.IndexOf(',', StringComparison.Ordinal);
            return !IpProtocol.TryParse(parts[^2], out IpProtocol protocol) ? throw new FormatException(text) : new SetMember(IPAddress.Parse(text[..comma].Split('/')[0]), protocol, ushort.Parse(parts[^1], null));
        }

        private Flow Read(JsonElement packet) => new()
        {
            Source = Address(packet, "src"),
            Destination = Address(packet, "dst"),
            Protocol = new IpProtocol((byte)Number(packet, "protocol")),
            SourcePort = (ushort)Number(packet, "srcPort"),
            DestinationPort = (ushort)Number(packet, "dstPort"),
            IcmpType = (byte)Number(packet, "icmpType"),
            IcmpCode = (byte)Number(packet, "icmpCode"),
            OriginalDestination = packet.TryGetProperty("preNatDst", out JsonElement original)
                ? new IPEndPoint(IPAddress.Parse(original.GetString()!), Number(packet, "preNatDstPort"))
                : null,
        };

        // Upstream runs some IPv6 packets through IPv4 programs, whose 32-bit address fields then stay zero.
        private IPAddress Address(JsonElement packet, string name)
        {
            IPAddress address = IPAddress.Parse(packet.GetProperty(name).GetString()!);
            return _isIPv4 && address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.Any : address;
        }

        private static int Number(JsonElement packet, string name) => packet.TryGetProperty(name, out JsonElement number) ? number.GetInt32() : 0;

        private static bool Flag(JsonElement item, string name) => item.TryGetProperty(name, out JsonElement flag) && flag.GetBoolean();
    }
}
