using System.Net;
using Calico.Policy.Model;

namespace Calico.Dataplane.Tests.Support;

/// <summary>Objects of a small cluster, made at random from a seed: few names, so that they meet.</summary>
internal sealed class RandomCluster(int seed)
{
    private static readonly string[] Nets = ["10.0.0.0/24", "10.0.0.0/28", "10.0.0.1/32", "10.0.1.0/24", "192.168.0.0/16", "192.168.7.0/24", "0.0.0.0/0", "fd00::/64", "fd00::1/128", "2001:db8::/32"];
    private static readonly string[] Labels = ["a", "b", "c"];
    private readonly Random _random = new(seed);

    public ModelObject Next() => _random.Next(12) switch
    {
        < 4 => Pod(),
        < 8 => Policy(),
        8 => NetworkSet(),
        9 => new TierModel { Name = "t" + _random.Next(2), Order = _random.Next(3), DefaultAction = (TierDefaultAction)_random.Next(2) },
        10 => Host(),
        _ => new ProfileModel { Name = "kns.prod", Ingress = [Rule()], Egress = [new RuleModel()] },
    };

    private WorkloadEndpointModel Pod()
    {
        int i = _random.Next(6);
        string node = i < 4 ? Cluster.Node : "n2";
        return Cluster.Pod(i % 2 == 0 ? "prod" : "dev", "p" + i, $"10.0.{i % 2}.{i + 1},fd00::{i + 1}", node, [.. Labels.Where(_ => _random.Next(2) == 0).Select(l => (l, "1"))]) with
        {
            IsActive = _random.Next(10) > 0,
            Ports = [new EndpointPort("http", IpProtocol.Tcp, (ushort)(80 + _random.Next(3)))],
        };
    }

    private PolicyModel Policy()
    {
        bool staged = _random.Next(6) == 0;
        string tier = _random.Next(3) switch { 0 => "t0", 1 => "t1", _ => "default" };
        int special = _random.Next(8);
        return new PolicyModel
        {
            Id = new PolicyId(staged ? PolicyKind.StagedGlobalNetworkPolicy : PolicyKind.GlobalNetworkPolicy, "", "g" + _random.Next(5)),
            Tier = tier,
            Order = _random.Next(4),
            Selector = special < 3 ? "has(host)" : Selector(),
            Types = special switch { 0 => PolicyTypes.Ingress, _ => (PolicyTypes)_random.Next(1, 4) },
            Ingress = [.. Enumerable.Range(0, _random.Next(4)).Select(_ => Rule())],
            Egress = special == 0 ? [] : [.. Enumerable.Range(0, _random.Next(3)).Select(_ => Rule())],
            PreDnat = special == 0,
            DoNotTrack = special == 1,
            ApplyOnForward = special <= 2,
        };
    }

    private RuleModel Rule()
    {
        IpProtocol? protocol = _random.Next(4) switch { 0 => IpProtocol.Tcp, 1 => IpProtocol.Udp, 2 => IpProtocol.Icmp, _ => null };
        bool icmp = protocol == IpProtocol.Icmp && _random.Next(2) == 0;
        return new RuleModel
        {
            Action = (RuleAction)_random.Next(4),
            IpVersion = icmp ? IpVersion.IPv4 : IpVersion.Any,
            Protocol = protocol,
            NotProtocol = _random.Next(8) == 0 ? IpProtocol.Sctp : null,
            Icmp = icmp && _random.Next(2) == 0 ? new IcmpMatch(8, _random.Next(2) == 0 ? null : (byte)0) : null,
            NotIcmp = icmp && _random.Next(2) == 0 ? new IcmpMatch(3, _random.Next(2) == 0 ? null : (byte)1) : null,
            Source = Match(protocol, icmp),
            Destination = Match(protocol, icmp),
        };
    }

    private EntityMatch Match(IpProtocol? protocol, bool v4)
    {
        bool ports = protocol is { HasPorts: true };
        string[] family = [.. Nets.Where(n => n.Contains(':') == (!v4 && _random.Next(3) == 0))];
        return new EntityMatch
        {
            Nets = Some(family, 6),
            NotNets = Some([.. family.Where(n => !n.EndsWith("/0", StringComparison.Ordinal))], 8),
            Selector = _random.Next(3) == 0 ? Selector() : null,
            NotSelector = _random.Next(6) == 0 ? Selector() : null,
            Ports = ports && _random.Next(3) == 0 ? [new PortRange(80), new PortRange(100, 200)] : [],
            NamedPorts = ports && _random.Next(6) == 0 ? ["http"] : [],
            NotPorts = ports && _random.Next(6) == 0 ? [new PortRange(81, 150)] : [],
            NotNamedPorts = ports && _random.Next(10) == 0 ? ["http"] : [],
        };
    }

    private NetworkSetModel NetworkSet() => new()
    {
        Name = "s" + _random.Next(2),
        Labels = LabelMap.Of([.. Labels.Where(_ => _random.Next(2) == 0).Select(l => (l, "1"))]),
        Nets = [.. Nets.Where(n => !n.EndsWith("/0", StringComparison.Ordinal) && _random.Next(3) == 0).Select(IPNetwork.Parse)],
    };

    private HostEndpointModel Host() => new()
    {
        Id = new HostEndpointId(Cluster.Node, "h" + _random.Next(2)),
        InterfaceName = _random.Next(3) switch { 0 => "*", 1 => "", _ => "eth0" },
        ExpectedIPs = [IPAddress.Parse("172.16.0.1")],
        Labels = LabelMap.Of(("host", "1")),
        Profiles = _random.Next(2) == 0 ? [ProfileModel.DefaultAllowName] : [],
    };

    private string Selector() => _random.Next(4) switch
    {
        0 => $"has({Labels[_random.Next(3)]})",
        1 => $"!has({Labels[_random.Next(3)]})",
        2 => $"has({Labels[_random.Next(3)]}) && has({Labels[_random.Next(3)]})",
        _ => "all()",
    };

    private EquatableArray<IPNetwork> Some(string[] nets, int rarity) =>
        _random.Next(rarity) > 0 || nets.Length == 0 ? [] : [.. nets.Where(_ => _random.Next(2) == 0).Select(IPNetwork.Parse)];
}
