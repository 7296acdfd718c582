using Calico.Policy.Evaluation;

namespace Calico.Policy.Analysis;

/// <summary>
/// Answers about all packets of new connections at once, none of them sampled: addresses are cut into classes that nothing tells apart, ports and ICMP into ranges, protocols into those that
/// rules name and the rest. What is said of a class holds for each of its packets; only a pod's traffic to itself, which never leaves the pod, is left out where a class holds several pods.
/// </summary>
public static class PolicyAnalysis
{
    /// <summary>Whether two clusters treat every packet alike, and if not, which they do not.</summary>
    public static PolicyComparison Compare(ClusterState left, ClusterState right, EvaluatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return PolicyComparison.Of(new CompiledCluster(left, options ?? EvaluatorOptions.Default), new CompiledCluster(right, options ?? EvaluatorOptions.Default));
    }

    /// <summary>What a change does: the flows it newly allows and those it newly denies.</summary>
    public static PolicyComparison Diff(ClusterState before, ClusterState after, EvaluatorOptions? options = null) => Compare(before, after, options);

    /// <summary>Who can talk to whom on what.</summary>
    public static Reachability Reachability(ClusterState cluster, EvaluatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return new Reachability(new CompiledCluster(cluster, options ?? EvaluatorOptions.Default));
    }

    /// <summary>What is odd about a cluster's policies: rules that never match or never decide, selectors that select nothing, policies that do other than they seem to.</summary>
    public static IReadOnlyList<LintFinding> Lint(ClusterState cluster, EvaluatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return new Linter(cluster, options ?? EvaluatorOptions.Default).Run();
    }
}
