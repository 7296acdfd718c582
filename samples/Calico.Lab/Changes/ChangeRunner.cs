using System.Diagnostics;
using System.Net;
using Calico.Lab.Cluster;
using Calico.Lab.Fabric;
using Calico.Lab.Nodes;
using Calico.Lab.Pods;
using Calico.Lab.Probes;
using Calico.Policy.Resources;

namespace Calico.Lab.Changes;

/// <summary>Changes the cluster while traffic flows, and tells what that cost the traffic.</summary>
internal sealed class ChangeRunner(
    Namespaces namespaces, ClusterStore cluster, PodRunner pods, Convergence convergence, Prober prober,
    IReadOnlyList<AgentProcess> agents, UdpFlow? udp, TcpFlow? tcp)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(150);

    /// <summary>A policy that forbids one allowed probe comes and goes.</summary>
    public async Task<IReadOnlyList<ChangeResult>> PolicyAsync(Probe allowed, CancellationToken cancellation)
    {
        Tier tier = new() { Metadata = new ObjectMeta { Name = "lab" }, Spec = new TierSpec { Order = 1 } };
        GlobalNetworkPolicy forbid = ForbidPolicy.For(allowed);
        await cluster.ApplyAsync(tier, cancellation);
        ChangeResult added = await MeasureAsync($"policy added (denies {allowed})", async clock =>
        {
            await cluster.ApplyAsync(forbid, cancellation);
            return await UntilAsync(allowed, reached: false, clock, cancellation);
        });
        ChangeResult removed = await MeasureAsync("policy removed", async clock =>
        {
            await cluster.DeleteAsync(forbid, cancellation);
            return await UntilAsync(allowed, reached: true, clock, cancellation);
        });
        await cluster.DeleteAsync(tier, cancellation);
        return [added, removed];
    }

    /// <summary>A pod goes and another, with the same labels, comes.</summary>
    public async Task<(ChangeResult Result, RunningPod NewPod)> ReplacePodAsync(RunningPod old, IReadOnlyList<RunningPod> others, CancellationToken cancellation)
    {
        RunningPod? started = null;
        ChangeResult result = await MeasureAsync($"pod {old.FullName} replaced", async () =>
        {
            await pods.StopAsync(old, cancellation);
            Pod next = old.Pod with { Metadata = old.Pod.Metadata with { Name = old.Pod.Metadata.Name + "-2" } };
            started = await pods.StartAsync(next, cancellation);
            return await convergence.WaitAsync([.. others, started], Limit, cancellation);
        });
        return (result, started!);
    }

    /// <summary>An agent is killed, and started again while policy and routes stay where they are.</summary>
    public Task<ChangeResult> RestartAgentAsync(AgentProcess agent, string node, RunningPod onNode, CancellationToken cancellation) =>
        MeasureAsync($"agent of {node} killed and started again", async () =>
        {
            await agent.KillAsync(cancellation);
            agent.Start();
            // In force again when it acts on a change: a new pod on the node gets its policy and its route.
            return await AgentActsAsync(onNode, cancellation);
        });

    /// <summary>The connection of the node's BGP session with the router is lost.</summary>
    public Task<ChangeResult> ResetSessionAsync(NodePlan node, IReadOnlyList<RunningPod> all, CancellationToken cancellation) =>
        MeasureAsync($"BGP session of {node.Name} with the router reset", async () =>
        {
            int ended = 0;
            foreach (IPAddress router in new[] { FabricPlan.RouterLoopback4, FabricPlan.RouterLoopback6 })
                ended += await ConnectionKiller.EndBgpSessionsAsync(namespaces[node.Namespace], router, cancellation);
            if (ended == 0) return "there was no established session";
            for (int i = 0; i < 500; i++)
            {
                if (await ConnectionKiller.CountBgpSessionsAsync(namespaces[node.Namespace], FabricPlan.RouterLoopback4, cancellation) > 0
                    && await convergence.MissingAsync(all, cancellation) is null) return null;
                await Task.Delay(20, cancellation);
            }

            return "the session did not come back";
        });

    private async Task<string?> AgentActsAsync(RunningPod pod, CancellationToken cancellation)
    {
        Pod sign = pod.Pod with { Metadata = pod.Pod.Metadata with { Name = pod.Pod.Metadata.Name + "-sign" } };
        RunningPod started = await pods.StartAsync(sign, cancellation);
        string? missing = await convergence.WaitAsync([started], TimeSpan.FromSeconds(20), cancellation);
        await pods.StopAsync(started, cancellation);
        return missing;
    }

    // A first packet every two milliseconds; in force is what the first one with the new verdict met, however long its answer took.
    private async Task<(TimeSpan Took, string? Problem)> UntilAsync(Probe probe, bool reached, Stopwatch clock, CancellationToken cancellation)
    {
        List<(TimeSpan Sent, Task<bool> Answer)> attempts = [];
        while (clock.Elapsed < Limit)
        {
            attempts.Add((clock.Elapsed, prober.AskOnceAsync(probe, Echo)));
            foreach ((TimeSpan sent, Task<bool> answer) in attempts)
            {
                if (answer.IsCompletedSuccessfully && answer.Result == reached) return (sent, null);
            }

            attempts.RemoveAll(a => a.Answer.IsCompleted);
            await Task.Delay(2, cancellation);
        }

        return (clock.Elapsed, $"{probe} is still {(reached ? "denied" : "allowed")}");
    }

    private Task<ChangeResult> MeasureAsync(string name, Func<Task<string?>> change) => MeasureAsync(name, async clock =>
    {
        string? problem = await change();
        return (clock.Elapsed, problem);
    });

    private async Task<ChangeResult> MeasureAsync(string name, Func<Stopwatch, Task<(TimeSpan Took, string? Problem)>> change)
    {
        int from = udp?.Sent ?? 0;
        tcp?.TakeLongestStall();
        Stopwatch clock = Stopwatch.StartNew();
        (TimeSpan took, string? problem) = await change(clock);
        await Task.Delay(250);
        int to = udp?.Sent ?? 0;
        await Task.Delay(150);
        string? ended = agents.FirstOrDefault(a => a.HasEnded) is { } dead ? $"an agent ended: {string.Join(" | ", dead.LastLines(3))}" : null;
        return new ChangeResult(name, problem is null ? took : null, to - from, udp?.Lost(from, to) ?? 0, tcp?.TakeLongestStall() ?? TimeSpan.Zero, tcp?.Broken ?? false, problem ?? ended);
    }
}
