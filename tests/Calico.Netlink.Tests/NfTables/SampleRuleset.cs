using System.Net;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>A ruleset with something of everything, as text for nft and as built with this library.</summary>
internal static class SampleRuleset
{
    public const string Text = """
        table inet t {
          comment "a table"
          counter cc { comment "an object"
            packets 5 bytes 7
          }
          quota qq { over 25 mbytes }
          limit ll { rate 400/minute burst 7 packets }
          ct helper ftp-standard { type "ftp" protocol tcp; }
          set s { type ipv4_addr; comment "a set"; elements = { 1.2.3.4 comment "an element", 1.2.3.5 } }
          set n { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 1.2.3.4, 250.0.0.0/8, 255.0.0.0/8 } }
          set n6 { type ipv6_addr; flags interval; auto-merge; elements = { fd00::/8, fe80::1-fe80::9 } }
          set nc { type ipv4_addr . inet_service ; flags interval; elements = { 10.0.0.0/8 . 80-90, 1.2.3.4 . 5 } }
          map m { type ipv4_addr : mark; flags interval; elements = { 10.0.0.0/8 : 1, * : 0 } }
          map v { type ifname . ipv4_addr . inet_proto . inet_service : verdict; counter; elements = { "eth0" . 1.2.3.4 . tcp . 80 : goto c } }
          map o { type ipv4_addr : counter; elements = { 1.1.1.1 : "cc" } }
          set dyn { type ipv4_addr; size 100; flags dynamic,timeout; timeout 10s; }
          set ty { typeof ip saddr . tcp dport; }
          set tm { type ether_addr; flags timeout; timeout 1h; gc-interval 10s; }
          chain c {
            comment "a chain"
            ip saddr 10.0.0.0/8 tcp dport { 80, 443, 8000-8100 } accept comment "web"
          }
          chain in { type filter hook input priority filter - 5; policy drop;
            iifname "wl*" ct state vmap { established : accept, invalid : drop }
            iifname . ip saddr . meta l4proto . th dport vmap @v
            meta mark set ip saddr map @m
            update @dyn { ip saddr limit rate 10/second }
            udp dport 100-200 ip6 saddr != fd00::/8 counter name cc reject
            counter name ip saddr map @o
            meta mark & 0xff == 0x10 log prefix "x: " group 5
            log prefix "y" level debug flags all
            meta mark set meta mark & 0xff00ffff | 0x10000
            icmp type echo-request limit rate over 5/second burst 9 packets drop
            icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
            ip daddr . tcp dport @nc drop
            ct count over 20 reject with tcp reset
            meta l4proto tcp tcp flags syn / syn,rst,ack tcp option maxseg size set 1400
            ip dscp set cs3
            ct mark set meta mark
            meta mark set numgen inc mod 4 offset 10
            meta mark set jhash ip saddr . ip daddr mod 16 seed 0x11
            quota name "qq" drop
            fib saddr . iif oif missing drop
            fib daddr type { local, broadcast } accept
            rt ip nexthop 192.168.0.1 accept
            socket transparent 1 accept
            ct original ip saddr 10.0.0.1 ct direction reply accept
            ct status dnat ct expiration 1h accept
            quota over 2 mbytes drop
            ip frag-off & 0x1fff != 0 drop
            exthdr frag exists drop
            ip saddr { 10.0.0.0/8, 192.168.0.0/16 } ip daddr != { 1.1.1.1, 2.2.2.2 } jump c
            return
          }
          chain raw { type filter hook prerouting priority raw;
            udp dport 53 notrack
            ct zone set 5
            meta nftrace set 1
          }
          chain post { type nat hook postrouting priority srcnat;
            ip saddr 10.0.0.0/8 masquerade fully-random
            ip6 saddr fd00::/8 snat ip6 to fd01::1
            ip saddr 11.0.0.0/8 meta l4proto udp snat ip to 5.6.7.8-5.6.7.9:1000-2000 random
          }
          chain pre { type nat hook prerouting priority dstnat; policy accept;
            ip daddr 1.2.3.4 tcp dport 80 dnat ip to 5.6.7.8:90
            tcp dport 81 redirect to :8080
            dnat ip to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }
          }
        }
        table ip6 six {
          chain f { type filter hook prerouting priority mangle; policy accept;
            ip6 saddr fe80::/10 tcp dport 22 tproxy to [::1]:50 
          }
        }
        table arp a {
          chain i { type filter hook input priority 0; policy accept;
            arp operation request counter
          }
        }
        table bridge b {
          chain f { type filter hook forward priority 0; policy accept;
            ether saddr 00:11:22:33:44:55 ip saddr 1.2.3.4 drop
            vlan id 5 accept
          }
        }
        table netdev nd {
          chain i { type filter hook ingress device "lo" priority 0; policy accept;
            meta protocol ip dup to "lo"
            fwd to "lo"
          }
        }
        """;

    public static NftTable Built()
    {
        NftType endpoint = NftType.Concat(NftType.InterfaceName, NftType.Ipv4Address, NftType.InetProto, NftType.InetService);
        return new NftTable(NftFamily.Inet, "mine")
        {
            Comment = "made here",
            Objects = [new NftObject("seen", new NftStatefulObject(new CounterExpression())) { Comment = "all of them" }],
            Sets =
            [
                new NftSet("hosts", NftType.Ipv4Address) { Elements = [new(Ip("10.0.0.1")) { Comment = "first" }, new(Ip("10.0.0.2"))], Comment = "a set" },
                new NftSet("nets", NftType.Ipv4Address) { Flags = NftSetFlags.Interval, Elements = [NftElement.Range(Ip("10.0.0.0"), Ip("10.255.255.255")), NftElement.Range(Ip("255.0.0.0"), Ip("255.255.255.255")), new(Ip("1.1.1.1"))] },
                new NftSet("ids", NftType.Ipv4Address) { DataType = NftType.Mark, Elements = [new(Ip("10.0.0.1"), NftValue.HostOrder(7u)), NftElement.CatchAll with { Data = NftValue.HostOrder(0u) }] },
                new NftSet("endpoints", endpoint)
                {
                    DataType = NftType.Verdict,
                    ElementExpressions = [new CounterExpression()],
                    Elements = [new(NftValue.Concat(NftValue.InterfaceName("cali1"), Ip("10.0.0.1"), NftValue.Byte(6), NftValue.NetworkOrder((ushort)80)), NftVerdict.Goto("web"))],
                },
                new NftSet("ports", NftType.Concat(NftType.Ipv4Address, NftType.InetService))
                {
                    Flags = NftSetFlags.Interval,
                    Elements = [NftElement.Range(NftValue.Concat(Ip("10.0.0.0"), NftValue.NetworkOrder((ushort)80)), NftValue.Concat(Ip("10.0.0.255"), NftValue.NetworkOrder((ushort)90)))],
                },
            ],
            Chains =
            [
                new NftChain("web")
                {
                    Comment = "a chain",
                    Rules =
                    [
                        NftRule.Of(Match.SourceAddress(IPNetwork.Parse("10.0.0.0/8")), Match.Tcp.DestinationPort(80, 443), Act.Counter, Act.Accept) with { Comment = "web" },
                        NftRule.Of(Match.SourceAddress(IPNetwork.Parse("172.16.0.0/12")), Match.DestinationAddress(IPAddress.Parse("1.2.3.4")), Act.Drop),
                        NftRule.Of(Match.SourceAddress(IPNetwork.Parse("fd00::/8")), Match.Icmpv6(128), Act.RejectWithIcmpx(3)),
                        NftRule.Of(Match.Mark(0x10, 0xff), Act.LogGroup(5, "p: "), Act.Return),
                        NftRule.Of(Match.Tcp.DestinationPorts([(80, 90), (100, 100)]), Act.SetMark(0x10000, 0xff0000)),
                        NftRule.Of(Act.Limit(10), Act.Log("slow ", NftLogLevel.Info)),
                        NftRule.Of(Match.Udp.SourcePortRange(100, 200), Act.NamedCounter("seen"), Act.Reject()),
                    ],
                },
                new NftChain("input")
                {
                    Base = new("filter", NftHook.Input, NftPriority.Filter) { Policy = NftVerdictCode.Drop },
                    Rules =
                    [
                        NftRule.Of(Field.CtState.Verdict(new NftElement(NftValue.HostOrder(2u), NftVerdict.Accept), new NftElement(NftValue.HostOrder(1u), NftVerdict.Drop))),
                        NftRule.Of(Match.InputInterface("cali*"), Match.CtState(NftCtState.New | NftCtState.Related), Act.Jump("web")),
                        NftRule.Of(NftField.Concat(Field.InputInterface, Field.Ip.Source, Field.L4Protocol, Field.Transport.Destination).Verdict("endpoints")),
                        NftRule.Of(Act.SetMark(Field.Ip.Source.Map("ids", NftType.Mark))),
                        NftRule.Of(Field.Ip.Source.In("hosts"), Field.Ip.Destination.NotIn("nets"), Act.Accept),
                        NftRule.Of(NftField.Concat(Field.Ip.Destination, Field.Tcp.Destination).In("ports"), Act.Goto("web")),
                        NftRule.Of(Field.FibOutputInterface(NftFibFlags.SourceAddress | NftFibFlags.InputInterface).Is(NftValue.HostOrder(0u)), Act.Drop),
                        NftRule.Of(Match.Mark(5), Act.SetCtMark(Field.Mark)),
                    ],
                },
                new NftChain("nat")
                {
                    Base = new("nat", NftHook.Postrouting, NftPriority.SourceNat),
                    Rules =
                    [
                        NftRule.Of(Match.SourceAddress(IPNetwork.Parse("10.0.0.0/8")), Act.Masquerade(NftNatFlags.FullyRandom)),
                        NftRule.Of(Match.Tcp.DestinationPort(80), Act.SourceNat(IPAddress.Parse("5.6.7.8"), (1000, 2000))),
                    ],
                },
            ],
        };
    }

    public const string BuiltText = """
        table inet mine {
            comment "made here"
            counter seen {
                comment "all of them"
                packets 0 bytes 0
            }

            set hosts {
                type ipv4_addr
                comment "a set"
                elements = { 10.0.0.1 comment "first", 10.0.0.2 }
            }

            set nets {
                type ipv4_addr
                flags interval
                elements = { 1.1.1.1, 10.0.0.0/8,
                         255.0.0.0/8 }
            }

            map ids {
                type ipv4_addr : mark
                elements = { 10.0.0.1 : 0x00000007, * : 0x00000000 }
            }

            map endpoints {
                type ifname . ipv4_addr . inet_proto . inet_service : verdict
                counter
                elements = { "cali1" . 10.0.0.1 . tcp . 80 counter packets 0 bytes 0 : goto web }
            }

            set ports {
                type ipv4_addr . inet_service
                flags interval
                elements = { 10.0.0.0/24 . 80-90 }
            }

            chain web {
                comment "a chain"
                ip saddr 10.0.0.0/8 tcp dport { 80, 443 } counter packets 0 bytes 0 accept comment "web"
                ip saddr 172.16.0.0/12 ip daddr 1.2.3.4 drop
                ip6 saddr fd00::/8 icmpv6 type echo-request reject with icmpx admin-prohibited
                meta mark & 0x000000ff == 0x00000010 log prefix "p: " group 5 return
                tcp dport { 80-90, 100 } meta mark set meta mark & 0xff01ffff | 0x00010000
                limit rate 10/second log prefix "slow " level info
                udp sport 100-200 counter name "seen" reject
            }

            chain input {
                type filter hook input priority filter; policy drop;
                ct state vmap { invalid : drop, established : accept }
                iifname "cali*" ct state related,new jump web
                iifname . ip saddr . meta l4proto . th dport vmap @endpoints
                meta mark set ip saddr map @ids
                ip saddr @hosts ip daddr != @nets accept
                ip daddr . tcp dport @ports goto web
                fib saddr . iif oif 0 drop
                meta mark 0x00000005 ct mark set meta mark
            }

            chain nat {
                type nat hook postrouting priority srcnat; policy accept;
                ip saddr 10.0.0.0/8 masquerade fully-random
                tcp dport 80 meta nfproto ipv4 snat ip to 5.6.7.8:1000-2000
            }
        }

        """;

    private static NftValue Ip(string address) => NftValue.Address(IPAddress.Parse(address));
}
