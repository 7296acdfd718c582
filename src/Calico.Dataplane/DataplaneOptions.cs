using System.Net;

namespace Calico.Dataplane;

/// <summary>The Felix parameters that shape the kernel's state, named and defaulted as Felix names and defaults them.</summary>
/// <remarks>
/// Source of names and defaults: FelixConfiguration (projectcalico.org/v3). What is new here, beyond Felix, says so.
/// Options are read once per planner; a changed value takes effect with a new dataplane: the first flush then writes the difference.
/// </remarks>
public sealed record DataplaneOptions
{
    /// <summary>The defaults.</summary>
    public static DataplaneOptions Default { get; } = new();

    /// <summary>Name of this node; empty when nothing depends on it. Used for the VTEP's MAC address and the logs.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>First letters of a workload's host-side interface (Felix: InterfacePrefix), at most 15 characters, at least one entry.</summary>
    public IReadOnlyList<string> InterfacePrefixes { get; init; } = ["cali"];

    /// <summary>What a workload's packet to this host gets once its egress policy let it through (DefaultEndpointToHostAction).</summary>
    public EndpointToHostAction DefaultEndpointToHostAction { get; init; } = EndpointToHostAction.Drop;

    /// <summary>What a denied packet gets (NftablesFilterDenyAction).</summary>
    public DenyAction DenyAction { get; init; } = DenyAction.Drop;

    /// <summary>Ports on the host that no host endpoint policy can close (FailsafeInboundHostPorts).</summary>
    public IReadOnlyList<FailsafePort> FailsafeInboundHostPorts { get; init; } = FailsafePort.DefaultInbound;

    /// <summary>Ports the host may always reach (FailsafeOutboundHostPorts).</summary>
    public IReadOnlyList<FailsafePort> FailsafeOutboundHostPorts { get; init; } = FailsafePort.DefaultOutbound;

    /// <summary>When true, packets that conntrack calls invalid are policed like new ones instead of dropped (DisableConntrackInvalidCheck).</summary>
    public bool DisableConntrackInvalidCheck { get; init; }

    /// <summary>Bits of the packet mark that are ours (NftablesMarkMask). The lowest bit is used, and only while preDNAT or doNotTrack policy exists.</summary>
    public uint MarkMask { get; init; } = 0xffff0000;

    /// <summary>Whether workloads may send VXLAN themselves (AllowVXLANPacketsFromWorkloads).</summary>
    public bool AllowVxlanPacketsFromWorkloads { get; init; }

    /// <summary>Whether workloads may send IP-in-IP themselves (AllowIPIPPacketsFromWorkloads).</summary>
    public bool AllowIpIpPacketsFromWorkloads { get; init; }

    /// <summary>UDP port of the overlay (VXLANPort).</summary>
    public ushort VxlanPort { get; init; } = 4789;

    /// <summary>Network identifier of the overlay (VXLANVNI), 24 bits.</summary>
    public uint VxlanVni { get; init; } = 4096;

    /// <summary>MTU of the overlay's IPv4 device, or 0 to take the host's less 50 (VXLANMTU).</summary>
    public int VxlanMtu { get; init; }

    /// <summary>MTU of the overlay's IPv6 device, or 0 to take the host's less 70 (VXLANMTUV6).</summary>
    public int VxlanMtuV6 { get; init; }

    /// <summary>MTU of the IP-in-IP device, or 0 to take the host's less 20 (IpInIpMtu).</summary>
    public int IpIpMtu { get; init; }

    /// <summary>Which of the host's interfaces carry workloads' packets, as a regular expression over their names (MTUIfacePattern).</summary>
    public string MtuInterfacePattern { get; init; } = "^((en|wl|ww|sl|ib)[Pcopsvx].*|(eth|wlan|wwan).*)";

    /// <summary>A file that <see cref="CalicoDataplane.WorkloadMtu"/> is written to whenever it changes, or null; Calico's CNI plugin reads <c>/var/lib/calico/mtu</c>.</summary>
    public string? MtuFile { get; init; }

    /// <summary>Protocol number that marks workload and learned routes as ours, 1–255 (DeviceRouteProtocol; Felix's own is 3, ours 80 as Calico's BIRD and tunnel routes).</summary>
    public byte DeviceRouteProtocol { get; init; } = 80;

    /// <summary>Metric of routes (IPv4NormalRoutePriority and IPv6NormalRoutePriority).</summary>
    public uint RoutePriority { get; init; } = 1024;

    /// <summary>Whether the kernel should be made to forward (IPForwarding).</summary>
    public bool IpForwarding { get; init; } = true;

    /// <summary>Whether IPv6 is programmed (Ipv6Support).</summary>
    public bool Ipv6Support { get; init; } = true;

    /// <summary>Source address of NAT outgoing, or null to masquerade (NATOutgoingAddress).</summary>
    public IPAddress? NatOutgoingAddress { get; init; }

    /// <summary>Ports that NAT outgoing may use, or null for the kernel's choice (NATPortRange).</summary>
    public (ushort First, ushort Last)? NatPortRange { get; init; }

    /// <summary>Which destinations are reached without NAT outgoing (NATOutgoingExclusions).</summary>
    public NatOutgoingExclusions NatOutgoingExclusions { get; init; } = NatOutgoingExclusions.IPPoolsOnly;

    /// <summary>First words of a Log action's line (LogPrefix); the kernel keeps at most 127 octets.</summary>
    public string LogPrefix { get; init; } = "calico-packet";

    /// <summary>Lines per second that one Log rule may write, or null for no limit (LogActionRateLimit).</summary>
    public RateLimit? LogActionRateLimit { get; init; }

    /// <summary>Whether a workload may use only its own source addresses and allowed prefixes (strict reverse path, always on in Felix).</summary>
    public bool AntiSpoofing { get; init; } = true;

    /// <summary>How often everything is compared with the kernel (NftablesRefreshInterval, RouteRefreshInterval).</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Beyond Felix: connections that the new policy forbids are cut when policy changes, instead of living on.</summary>
    public bool RevokeOnPolicyChange { get; init; }

    /// <summary>Beyond Felix: whether policy is compiled to maps, to chains, or whichever costs a packet less.</summary>
    public PolicyShape Shape { get; init; } = PolicyShape.Auto;

    /// <summary>Beyond Felix: the most map elements one list of policies may need before chains are taken instead.</summary>
    public int MaxMapElements { get; init; } = 262_144;

    /// <summary>Beyond Felix: the most kernel rules about remote addresses that a list of policies may have before maps are taken, when the shape is chosen by cost.</summary>
    public int MaxChainRules { get; init; } = 8;

    /// <summary>
    /// Beyond Felix: whether someone tells which addresses domain names have (<see cref="CalicoDataplane.LearnDomain"/>). If not, a rule with domains matches nobody
    /// when it allows and everybody when it denies.
    /// </summary>
    public bool DomainNames { get; init; }

    /// <summary>Whether verdicts are sent to NFLOG groups 1 (ingress) and 2 (egress) for flow logs.</summary>
    public bool FlowLogs { get; init; }

    /// <summary>Checks that the values make sense together.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        if (InterfacePrefixes.Count == 0 || InterfacePrefixes.Any(p => p.Length is 0 or > 15)) throw new ArgumentException("InterfacePrefixes needs at least one prefix, each of 1 to 15 characters.");
        if (MarkMask == 0) throw new ArgumentException("MarkMask needs at least one bit.");
        if (VxlanVni > 0xffffff) throw new ArgumentException($"VxlanVni {VxlanVni} does not fit in 24 bits.");
        if (DeviceRouteProtocol is 0 or 2) throw new ArgumentException($"DeviceRouteProtocol {DeviceRouteProtocol} is the kernel's own.");
        if (RefreshInterval <= TimeSpan.Zero) throw new ArgumentException("RefreshInterval must be positive.");
        if (NatPortRange is { } range && (range.First == 0 || range.First > range.Last)) throw new ArgumentException($"NatPortRange {range.First}-{range.Last} is empty or begins at 0.");
    }
}
