using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calico.Policy.Selectors;

namespace Calico.Bgp.Topology;

/// <summary>Which sessions a node has: the mesh, then global peers, then peers of this node, then mirrors of other nodes' peers.</summary>
internal sealed class SessionPlan
{
    private readonly TopologyInput _input;
    private readonly TopologyNode _self;
    private readonly Asn _asn;
    private readonly List<TopologyProblem> _problems;
    private readonly Dictionary<(IPAddress, int), TopologySession> _explicit = [];
    private readonly List<TopologySession> _mesh = [];

    private SessionPlan(TopologyInput input, TopologyNode self, Asn asn, List<TopologyProblem> problems)
    {
        _input = input;
        _self = self;
        _asn = asn;
        _problems = problems;
    }

    public IReadOnlyList<TopologySession> Sessions { get; private set; } = [];

    public List<TopologyStaticRoute> Gateways { get; } = [];

    public static SessionPlan For(TopologyInput input, TopologyNode self, Asn asn, List<TopologyProblem> problems)
    {
        SessionPlan plan = new(input, self, asn, problems);
        if (input.Nodes.Any(n => n.Name == self.Name)) plan.Build();
        return plan;
    }

    private void Build()
    {
        foreach (bool v6 in (ReadOnlySpan<bool>)[false, true])
        {
            if (_self.AddressOf(v6) is not null) AddMesh(v6);
        }

        KeyValuePair<string, BgpPeerSpec>[] peers = [.. _input.Peers.OrderBy(p => p.Key, StringComparer.Ordinal)];
        foreach ((string name, BgpPeerSpec peer) in peers.Where(p => IsGlobal(p.Value))) AddPeer(name, peer, TopologySessionKind.Global);
        foreach ((string name, BgpPeerSpec peer) in peers.Where(p => !IsGlobal(p.Value) && Selects(p.Key, p.Value, _self))) AddPeer(name, peer, TopologySessionKind.Node);
        foreach ((string name, BgpPeerSpec peer) in peers.Where(p => p.Value.ReversePeering is null or "" or "Auto")) AddMirrors(name, peer);
        Sessions = [.. _mesh.Concat(_explicit.Values).OrderBy(s => s.Name, StringComparer.Ordinal)];
    }

    private static bool IsGlobal(BgpPeerSpec peer) => string.IsNullOrEmpty(peer.Node) && string.IsNullOrEmpty(peer.NodeSelector);

    private bool Selects(string name, BgpPeerSpec peer, TopologyNode node) =>
        IsGlobal(peer) || (string.IsNullOrEmpty(peer.Node) ? Matches(name, "spec.nodeSelector", peer.NodeSelector, node) : peer.Node == node.Name);

    private bool Matches(string name, string field, string? selector, TopologyNode node)
    {
        if (Selector.TryParse(selector, out Selector? parsed, out SelectorError error)) return parsed.Matches(node.Labels);
        TopologyProblem problem = new($"BGPPeer/{name}", field, error.ToString() ?? "not a selector");
        if (!_problems.Contains(problem)) _problems.Add(problem);
        return false;
    }

    private Asn AsnOf(TopologyNode node) => node.AsNumber ?? _input.Configuration?.AsNumber ?? new Asn(BgpTopology.DefaultAsn);

    // Of two nodes that both know of the session one dials: the one whose address sorts last, as text.
    private static bool SortsAfter(IPAddress address, IPAddress own) => string.CompareOrdinal(address.ToString(), own.ToString()) > 0;

    private void AddMesh(bool v6)
    {
        if (_self.IsReflector || _input.Configuration?.NodeToNodeMeshEnabled == false) return;
        IPAddress own = _self.AddressOf(v6)!;
        foreach (TopologyNode other in _input.Nodes)
        {
            if (other.Name == _self.Name || other.IsReflector || other.AddressOf(v6) is not { } address || address.Equals(own)) continue;
            int port = BgpTopology.ListenPortOf(_input, other.Name) ?? BgpTopology.DefaultPort;
            _mesh.Add(new TopologySession
            {
                Name = NameOf(TopologySessionKind.Mesh, address, BgpTopology.DefaultPort),
                Kind = TopologySessionKind.Mesh,
                Address = address,
                Port = port,
                RemoteAsn = AsnOf(other),
                LocalAsn = _asn,
                SourceAddress = own,
                Passive = SortsAfter(address, own),
                Password = PasswordOf(_input.Configuration?.NodeMeshPassword),
                RestartTime = BgpTopology.ParseDuration(_input.Configuration?.NodeMeshMaxRestartTime),
            });
        }
    }

    private void AddPeer(string name, BgpPeerSpec peer, TopologySessionKind kind)
    {
        if (!string.IsNullOrEmpty(peer.LocalWorkloadSelector)) AddWorkloads(name, peer);
        else if (!string.IsNullOrEmpty(peer.PeerSelector)) AddSelected(name, peer, kind);
        else AddAddress(name, peer, kind);
    }

    private void AddAddress(string name, BgpPeerSpec peer, TopologySessionKind kind)
    {
        if (!PeerAddress.TryParse(peer.PeerIP, out PeerAddress remote))
        {
            _problems.Add(new TopologyProblem($"BGPPeer/{name}", "spec.peerIP", $"'{peer.PeerIP}' is not an address with an optional port"));
            return;
        }

        if (_self.AddressOf(remote.IsIPv6) is not { } own || own.Equals(remote.Address)) return;
        TopologyNode? node = _input.Nodes.FirstOrDefault(n => remote.Address.Equals(n.AddressOf(remote.IsIPv6)));
        Asn? asn = peer.AsNumber ?? (node is null ? null : AsnOf(node));
        if (asn is null)
        {
            _problems.Add(new TopologyProblem($"BGPPeer/{name}", "spec.asNumber", "missing, and the peer is no node of the cluster"));
            return;
        }

        int port = remote.Port ?? (node is null ? null : BgpTopology.ListenPortOf(_input, node.Name)) ?? BgpTopology.DefaultPort;
        Add(name, peer, kind, remote.Address, port, asn.Value, node);
    }

    private void AddSelected(string name, BgpPeerSpec peer, TopologySessionKind kind)
    {
        foreach (TopologyNode node in _input.Nodes.Where(n => n.Name != _self.Name && Matches(name, "spec.peerSelector", peer.PeerSelector, n)))
            AddNode(name, peer, kind, node);
    }

    private void AddNode(string name, BgpPeerSpec peer, TopologySessionKind kind, TopologyNode node)
    {
        foreach (bool v6 in (ReadOnlySpan<bool>)[false, true])
        {
            if (_self.AddressOf(v6) is null || node.AddressOf(v6) is not { } address) continue;
            Add(name, peer, kind, address, BgpTopology.ListenPortOf(_input, node.Name) ?? BgpTopology.DefaultPort, AsnOf(node), node);
        }
    }

    // A peers with B by selector or by B's address: B needs the session too.
    private void AddMirrors(string name, BgpPeerSpec peer)
    {
        if (!string.IsNullOrEmpty(peer.LocalWorkloadSelector) || !NamesSelf(name, peer)) return;
        foreach (TopologyNode node in _input.Nodes.Where(n => n.Name != _self.Name && Selects(name, peer, n)))
        {
            if (!string.IsNullOrEmpty(peer.PeerSelector)) AddNode(name, peer, TopologySessionKind.Node, node);
            else if (PeerAddress.TryParse(peer.PeerIP, out PeerAddress own) && node.AddressOf(own.IsIPv6) is { } address && _self.AddressOf(own.IsIPv6) is not null)
                Add(name, peer, TopologySessionKind.Node, address, BgpTopology.ListenPortOf(_input, node.Name) ?? BgpTopology.DefaultPort, AsnOf(node), node);
        }
    }

    private bool NamesSelf(string name, BgpPeerSpec peer) => string.IsNullOrEmpty(peer.PeerSelector)
        ? PeerAddress.TryParse(peer.PeerIP, out PeerAddress remote) && remote.Address.Equals(_self.AddressOf(remote.IsIPv6))
        : Matches(name, "spec.peerSelector", peer.PeerSelector, _self);

    private void AddWorkloads(string name, BgpPeerSpec peer)
    {
        foreach (TopologyWorkloadPeer workload in _input.WorkloadPeers.Where(w => w.Peer == name))
        {
            if (peer.AsNumber is not { } asn)
            {
                _problems.Add(new TopologyProblem($"BGPPeer/{name}", "spec.asNumber", "missing: a workload's AS cannot be known otherwise"));
                return;
            }

            TopologySession session = Session(peer, TopologySessionKind.LocalWorkload, workload.Address, BgpTopology.DefaultPort, asn, node: null) with { Passive = true, SourceAddress = null };
            _explicit.TryAdd((workload.Address, BgpTopology.DefaultPort), session);
        }
    }

    private void Add(string name, BgpPeerSpec peer, TopologySessionKind kind, IPAddress address, int port, Asn asn, TopologyNode? node)
    {
        if (!_explicit.TryAdd((address, port), Session(peer, kind, address, port, asn, node))) return;
        if (string.IsNullOrEmpty(peer.ReachableBy)) return;
        if (PeerAddress.TryParse(peer.ReachableBy, out PeerAddress gateway) && gateway.Port is null && gateway.Address.AddressFamily == address.AddressFamily)
            Gateways.Add(new TopologyStaticRoute(new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32), TopologyStaticRouteKind.Gateway, gateway.Address));
        else
            _problems.Add(new TopologyProblem($"BGPPeer/{name}", "spec.reachableBy", $"'{peer.ReachableBy}' is not an address of the peer's family"));
    }

    private TopologySession Session(BgpPeerSpec peer, TopologySessionKind kind, IPAddress address, int port, Asn asn, TopologyNode? node)
    {
        Asn local = peer.LocalAsNumber ?? _asn;
        bool isInternal = local == asn;
        bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        return new TopologySession
        {
            Name = NameOf(kind, address, port),
            Kind = kind,
            Address = address,
            Port = port,
            RemoteAsn = asn,
            LocalAsn = local,
            HasOwnLocalAsn = peer.LocalAsNumber is not null,
            SourceAddress = peer.SourceAddress == "None" ? null : _self.AddressOf(v6),
            // A global peer named by address that is itself a node has the same entry on its side.
            Passive = kind == TopologySessionKind.Global && node is not null && string.IsNullOrEmpty(peer.PeerSelector) && SortsAfter(address, _self.AddressOf(v6)!),
            ReflectorClientOf = isInternal && _self.IsReflector && node?.RouteReflectorClusterId != _self.RouteReflectorClusterId ? _self.RouteReflectorClusterId : null,
            NextHop = NextHopOf(peer, isInternal),
            Password = PasswordOf(peer.Password),
            RestartTime = BgpTopology.ParseDuration(peer.MaxRestartTime),
            KeepaliveTime = BgpTopology.ParseDuration(peer.KeepaliveTime),
            AllowedLocalAs = peer.NumAllowedLocalAsNumbers ?? 0,
            TtlSecurity = peer.TtlSecurity ?? 0,
            Filters = [.. (peer.Filters ?? []).Where(Exists)],
        };
    }

    private bool Exists(string filter)
    {
        if (_input.Filters.ContainsKey(filter)) return true;
        TopologyProblem problem = new($"BGPFilter/{filter}", "metadata.name", "a BGPPeer names this filter, but it does not exist");
        if (!_problems.Contains(problem)) _problems.Add(problem);
        return false;
    }

    private static NextHopMode NextHopOf(BgpPeerSpec peer, bool isInternal) => peer.NextHopMode switch
    {
        "Self" => NextHopMode.Self,
        "Keep" when !isInternal => NextHopMode.Keep,
        _ when peer.KeepOriginalNextHop == true && !isInternal => NextHopMode.Keep,
        _ => NextHopMode.Auto,
    };

    private string? PasswordOf(PasswordSpec? password) =>
        password?.SecretKeyRef is { } secret ? _input.Secrets.GetValueOrDefault((secret.Name, secret.Key)) : null;

    private static string NameOf(TopologySessionKind kind, IPAddress address, int port)
    {
        string prefix = kind == TopologySessionKind.LocalWorkload ? "Local_Workload" : kind.ToString();
        string name = $"{prefix}_{address.ToString().Replace('.', '_').Replace(':', '_')}";
        return port == BgpTopology.DefaultPort ? name : string.Create(CultureInfo.InvariantCulture, $"{name}_port_{port}");
    }
}
