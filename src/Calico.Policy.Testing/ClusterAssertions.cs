using System.Net;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Policy.Testing;

/// <summary>What a test expects of a flow.</summary>
public enum Expect
{
    /// <summary>It arrives.</summary>
    Allow,

    /// <summary>It does not.</summary>
    Deny,
}

/// <summary>A policy test failed; the message holds the verdict and every step that led to it.</summary>
public sealed class PolicyAssertionException(string message) : Exception(message);

/// <summary>Assertions about clusters, for any test framework: they throw <see cref="PolicyAssertionException"/>.</summary>
public static class ClusterAssertions
{
    /// <summary>Asserts what becomes of a new connection.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="expected">What should become of it.</param>
    /// <param name="from">The sender: <c>namespace/pod</c>, <c>node:NAME</c> or an address.</param>
    /// <param name="to">The receiver, in the same forms.</param>
    /// <param name="port">The destination port.</param>
    /// <param name="protocol">The protocol; TCP when left out.</param>
    /// <param name="options">How the dataplane is set up.</param>
    /// <exception cref="PolicyAssertionException">Something else becomes of it.</exception>
    /// <exception cref="ArgumentException">A name or address means nothing in the cluster.</exception>
    public static void Should(this ClusterState cluster, Expect expected, string from, string to, int port, IpProtocol? protocol = null, EvaluatorOptions? options = null)
    {
        FlowVerdict verdict = cluster.Evaluate(from, to, port, protocol, options);
        if (verdict.IsAllowed == (expected == Expect.Allow)) return;
        throw new PolicyAssertionException($"{from} → {to} {protocol ?? IpProtocol.Tcp} {port} should be {(expected == Expect.Allow ? "allowed" : "denied")} and is {verdict}\n  {string.Join("\n  ", verdict.Trace)}");
    }

    /// <summary>The verdict on a new connection between two ends given by name or address.</summary>
    /// <exception cref="ArgumentException">A name or address means nothing in the cluster, or the ends have no IP version in common.</exception>
    public static FlowVerdict Evaluate(this ClusterState cluster, string from, string to, int port, IpProtocol? protocol = null, EvaluatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        List<IPAddress> sources = Addresses(cluster, from), destinations = Addresses(cluster, to);
        foreach (IPAddress source in sources)
        {
            if (destinations.FirstOrDefault(d => d.AddressFamily == source.AddressFamily) is not { } destination) continue;
            Flow flow = new() { Source = source, Destination = destination, Protocol = protocol ?? IpProtocol.Tcp, DestinationPort = (ushort)port };
            return new PolicyEvaluator(cluster, options).Evaluate(flow);
        }

        throw new ArgumentException($"{from} and {to} have no address of the same IP version.", nameof(to));
    }

    private static List<IPAddress> Addresses(ClusterState cluster, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (IPAddress.TryParse(name, out IPAddress? address)) return [address];
        if (name.StartsWith("node:", StringComparison.Ordinal))
        {
            return cluster.Nodes.TryGetValue(name["node:".Length..], out NodeModel? node) && !node.Addresses.IsEmpty
                ? node.Addresses.ToList()
                : throw new ArgumentException($"There is no node '{name["node:".Length..]}' with an address in the cluster.", nameof(name));
        }

        List<IPAddress> found = [.. cluster.Workloads.Values.Where(w => w.Id.Workload == name).SelectMany(w => w.Nets).Select(n => n.BaseAddress)];
        return found.Count > 0 ? found : throw new ArgumentException($"'{name}' is neither an address nor a workload with an address in the cluster.", nameof(name));
    }
}
