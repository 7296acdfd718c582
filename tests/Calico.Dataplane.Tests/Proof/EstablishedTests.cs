using System.Net;
using Calico.Dataplane.Tests.Support;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Interpreter;
using FsCheck.Xunit;

namespace Calico.Dataplane.Tests.Proof;

/// <summary>What a packet of a known connection meets.</summary>
public sealed class EstablishedTests
{
    [Property(MaxTest = 25)]
    public void At_each_hook_that_judges_one_look_at_the_connection_lets_it_go_on(int seed) => IncrementalTests.Run(seed, steps: 8, (_, _, kernel, _) =>
    {
        NftTable table = kernel.Table;
        foreach (NftChain chain in table.Chains.Where(c => c.Base?.Priority == NftPriority.Filter))
        {
            NftEvaluation met = new NftInterpreter([table with { Chains = table.Chains.Where(c => c.Base is null || c == chain).ToValueList() }]).Evaluate(Known(), chain.Base!.Hook);
            NftTraceStep last = met.Trace[^1];
            Assert.Equal((chain.Name, NftVerdictCode.Accept), (last.Chain, last.Verdict.Code));
            Assert.All(chain.Rules.Take(last.RuleIndex), before => Assert.Equal("endpoint is administratively down", before.Comment));
        }
    });

    private static NftPacket Known()
    {
        NftPacket packet = NftPacket.Tcp(IPEndPoint.Parse("10.0.0.1:40000"), IPEndPoint.Parse("10.0.0.2:80"));
        packet.Input = packet.Output = new NftInterface("eth0", 2);
        packet.Connection = new NftConnection { State = NftCtState.Established };
        return packet;
    }
}
