using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Dataplane.Sets;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Policy.Model;

namespace Calico.Dataplane.Plan;

/// <summary>Packet rates of workloads: counted before anything else, established connections too. The base chains exist while any workload has a limit.</summary>
internal sealed class RateChains(RulesetState ruleset)
{
    private const string Egress = "egress-rates", Ingress = "ingress-rates", Forwarded = "rate-limits-forward", ToHost = "rate-limits-input";
    private const int Priority = NftPriority.Filter - 10;
    private readonly Dictionary<string, KeyedSet> _maps = [];

    public void Show(string name, QosModel? qos)
    {
        Show(Egress, "rate-from-" + name, name, qos?.EgressPacketRate, qos?.EgressPacketBurst);
        Show(Ingress, "rate-to-" + name, name, qos?.IngressPacketRate, qos?.IngressPacketBurst);
    }

    private void Show(string mapName, string chain, string name, long? rate, long? burst)
    {
        KeyedSet? map = _maps.GetValueOrDefault(mapName);
        if (rate is not { } packets)
        {
            map?.Delete(NftValue.InterfaceName(name));
            ruleset.RemoveChain(chain);
            if (map is { Count: 0 }) ruleset.RemoveSet(mapName);
            if (map is { Count: 0 } && _maps.Remove(mapName)) WriteBase();
            return;
        }

        if (map is null)
        {
            _maps[mapName] = map = new KeyedSet(new NftSet(mapName, NftType.InterfaceName) { DataType = NftType.Verdict }, ruleset);
            ruleset.Put(map);
            WriteBase();
        }

        LimitExpression limit = new((ulong)packets, Burst: (uint)Math.Clamp(burst ?? 5, 0, uint.MaxValue), Over: true);
        ruleset.Put(new NftChain(chain) { Rules = [new RuleWriter().Add(limit).Count().Verdict(NftVerdict.Drop).Build($"more than {packets} packets a second")] });
        map.Put(new NftElement(NftValue.InterfaceName(name), NftVerdict.Goto(chain)));
    }

    private void WriteBase()
    {
        Base(Forwarded, NftHook.Forward, [(Egress, false), (Ingress, true)]);
        Base(ToHost, NftHook.Input, [(Egress, false)]);
    }

    // The two directions are two chains: going to the first map's chain must not skip the second.
    private void Base(string name, NftHook hook, (string Map, bool Output)[] maps)
    {
        foreach ((string map, bool output) in maps)
        {
            string chain = output ? name + "-in" : name;
            if (_maps.ContainsKey(map))
                ruleset.Put(new NftChain(chain) { Base = new NftBaseChain("filter", hook, Priority), Rules = [new RuleWriter().InterfaceVerdict(map, output).Build(null)] });
            else
                ruleset.RemoveChain(chain);
        }
    }
}
