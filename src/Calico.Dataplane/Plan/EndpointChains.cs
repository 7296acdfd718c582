using Calico.Dataplane.Compile;
using Calico.Dataplane.Ruleset;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Policy.Model;

namespace Calico.Dataplane.Plan;

/// <summary>Chains of one endpoint's own, between dispatch and the walk it shares with others: only endpoints with limits have them.</summary>
internal static class EndpointChains
{
    /// <returns>The chains that dispatch should lead to.</returns>
    public static (string From, string To) Write(RulesetState ruleset, WorkloadEndpointModel model, string egress, string ingress) =>
        (Limit(ruleset, From(model.InterfaceName), model.Qos?.EgressMaxConnections, egress, "egress"),
            Limit(ruleset, To(model.InterfaceName), model.Qos?.IngressMaxConnections, ingress, "ingress"));

    public static void Remove(RulesetState ruleset, string name)
    {
        ruleset.RemoveChain(From(name));
        ruleset.RemoveChain(To(name));
    }

    private static string From(string name) => "from-" + name;

    private static string To(string name) => "to-" + name;

    private static string Limit(RulesetState ruleset, string chain, long? connections, string walk, string direction)
    {
        if (connections is not { } most)
        {
            ruleset.RemoveChain(chain);
            return walk;
        }

        uint count = (uint)Math.Clamp(most, 0, uint.MaxValue);
        RuleWriter over = new RuleWriter().Add(new ConnLimitExpression(count, Over: true)).Count().Verdict(NftVerdict.Goto(Names.Reject));
        ruleset.Put(new NftChain(chain)
        {
            Rules = [over.Build($"more than {count} connections {direction} deny"), new RuleWriter().Verdict(NftVerdict.Goto(walk)).Build(null)],
            Comment = "connection limit",
        });
        return chain;
    }
}
