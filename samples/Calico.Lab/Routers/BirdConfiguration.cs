using System.Globalization;
using System.Text;
using Calico.Lab.Fabric;

namespace Calico.Lab.Routers;

/// <summary>The router's configuration for BIRD 2: a session per node and family, the kernel's table as the FIB.</summary>
internal static class BirdConfiguration
{
    public static string For(FabricPlan plan, string logFile)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $$"""
            log "{{logFile}}" all;
            router id {{FabricPlan.RouterLoopback4}};
            graceful restart wait 30;

            protocol device { scan time 2; }
            protocol direct { ipv4; ipv6; interface "*"; }
            protocol kernel kernel4 { persist; ipv4 { import none; export where source = RTS_BGP; }; }
            protocol kernel kernel6 { persist; ipv6 { import none; export where source = RTS_BGP; }; }

            filter servers {
              if source = RTS_DEVICE && net ~ [ 10.99.0.0/24 ] then accept;
              reject;
            }
            filter servers6 {
              if source = RTS_DEVICE && net ~ [ fd00:99::/64 ] then accept;
              reject;
            }

            template bgp node4 {
              local {{FabricPlan.RouterLoopback4}} as {{FabricPlan.RouterAs}};
              multihop;
              passive on;
              graceful restart on;
              ipv4 { import all; export filter servers; next hop self; };
            }
            template bgp node6 {
              local {{FabricPlan.RouterLoopback6}} as {{FabricPlan.RouterAs}};
              multihop;
              passive on;
              graceful restart on;
              ipv6 { import all; export filter servers6; next hop self; };
            }


            """);
        foreach (NodePlan node in plan.Nodes)
        {
            string name = node.Name.Replace('-', '_');
            text.Append(CultureInfo.InvariantCulture, $$"""
                protocol bgp {{name}}_v4 from node4 { neighbor {{node.Link.Far4.Address}} as {{FabricPlan.ClusterAs}}; }
                protocol bgp {{name}}_v6 from node6 { neighbor {{node.Link.Far6.Address}} as {{FabricPlan.ClusterAs}}; }

                """);
        }

        return text.ToString();
    }
}
