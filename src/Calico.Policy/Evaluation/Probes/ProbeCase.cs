using System.Text.Json;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Evaluation.Probes;

/// <summary>
/// A cluster, its policies and the packets to try on it: the case format in which conformance data for network policy is written
/// (<c>namespaces</c>, <c>pods</c>, <c>nodes</c>, <c>serviceAccounts</c>, <c>services</c>, <c>policies</c>, <c>probes</c>, <c>matrices</c>).
/// </summary>
public sealed class ProbeCase
{
    internal ProbeCase(string id) => Id = id;

    /// <summary>The case's name.</summary>
    public string Id { get; }

    /// <summary>What it is about.</summary>
    public string Description { get; internal init; } = "";

    /// <summary>Why the case cannot be used at all; null when it can.</summary>
    public string? Error { get; internal init; }

    /// <summary>The group of successive states of one cluster that the case belongs to; null for a case of its own.</summary>
    public string? SequenceGroup { get; internal init; }

    /// <summary>The case's place in its group.</summary>
    public int SequenceStep { get; internal init; }

    /// <summary>The cluster around the policies.</summary>
    public IReadOnlyList<Resource> Resources { get; internal init; } = [];

    /// <summary>The policies as read; invalid ones fail closed.</summary>
    public ManifestSet Policies { get; internal init; } = new([], []);

    /// <summary>The packets, matrices expanded in row order.</summary>
    public IReadOnlyList<Probe> Probes { get; internal init; } = [];

    /// <summary>How the dataplane is set up: Felix's defaults and what a FelixConfiguration says; for cases of Kubernetes objects alone a pod may reach its own node.</summary>
    public EvaluatorOptions Options { get; internal init; } = EvaluatorOptions.Default;

    internal IReadOnlyDictionary<string, ProbeService> Services { get; init; } = new Dictionary<string, ProbeService>();

    /// <summary>Everything in backend form, with the built-in tiers and profile.</summary>
    public IEnumerable<ModelObject> ToModels() => [.. ClusterState.Of(Resources, out _).Objects, .. Policies.ToModels()];

    /// <summary>Reads a file of cases. A case that cannot be read has its <see cref="Error"/> set; the others are not affected.</summary>
    /// <exception cref="JsonException">The text is not JSON or has no list of cases.</exception>
    public static IReadOnlyList<ProbeCase> ReadAll(ReadOnlyMemory<byte> utf8Json) => ProbeCaseReader.ReadAll(utf8Json);

    /// <summary>Tries every packet.</summary>
    public IReadOnlyList<ProbeResult> Run() => Run(ClusterState.Of(ToModels()));

    /// <summary>Tries every packet on a state that the caller has made of the case's objects.</summary>
    public IReadOnlyList<ProbeResult> Run(ClusterState cluster)
    {
        PolicyEvaluator evaluator = new(cluster, Options);
        ProbeAddresses addresses = new(this);
        return [.. Probes.Select(probe => Try(evaluator, addresses, probe))];
    }

    /// <summary>The packet a probe stands for.</summary>
    /// <param name="probe">One of <see cref="Probes"/>.</param>
    /// <param name="flow">The packet.</param>
    /// <param name="error">Why there is none.</param>
    public bool TryGetFlow(Probe probe, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Flow? flow, out string error) =>
        new ProbeAddresses(this).TryGetFlow(probe, out flow, out error);

    private static ProbeResult Try(PolicyEvaluator evaluator, ProbeAddresses addresses, Probe probe) =>
        addresses.TryGetFlow(probe, out Flow? flow, out string error)
            ? new ProbeResult(probe, evaluator.Evaluate(flow), null)
            : new ProbeResult(probe, null, error);

    /// <summary>The id.</summary>
    public override string ToString() => Id;
}

/// <summary>A packet to try.</summary>
public sealed record Probe
{
    /// <summary>The sender: <c>ns/pod</c>, <c>ip:ADDRESS</c> or <c>node:NAME</c>.</summary>
    public required string From { get; init; }

    /// <summary>The receiver: as the sender, or <c>svc:NS/NAME</c> with the port of the service.</summary>
    public required string To { get; init; }

    /// <summary>The protocol.</summary>
    public IpProtocol Protocol { get; init; } = IpProtocol.Tcp;

    /// <summary>The destination port; null for protocols without ports.</summary>
    public int? Port { get; init; }

    /// <summary>True for allow, false for deny, null when the case does not say.</summary>
    public bool? Expected { get; init; }

    /// <summary>True when opinions differ: not to be scored.</summary>
    public bool IsDisputed { get; init; }

    /// <summary>The family; <see cref="IpVersion.Any"/> takes that of the first address or of the <c>ip:</c> end.</summary>
    public IpVersion Family { get; init; }

    /// <summary>The source port; null for an ephemeral one.</summary>
    public int? SourcePort { get; init; }

    /// <summary>ICMP type.</summary>
    public int? IcmpType { get; init; }

    /// <summary>ICMP code.</summary>
    public int? IcmpCode { get; init; }

    /// <summary>What connection tracking says.</summary>
    public ConntrackState State { get; init; }

    /// <summary>The destination before DNAT.</summary>
    public System.Net.IPEndPoint? OriginalDestination { get; init; }

    /// <summary><c>a/b → c/d TCP 80</c>.</summary>
    public override string ToString() => $"{From} → {To} {Protocol} {Port}{(Family == IpVersion.Any ? "" : $" {Family}")}{(State == ConntrackState.New ? "" : $" {State}")}";
}

/// <summary>What came of a probe.</summary>
/// <param name="Probe">The probe.</param>
/// <param name="Verdict">The verdict; null when the probe makes no packet.</param>
/// <param name="Error">Why it makes none.</param>
public sealed record ProbeResult(Probe Probe, FlowVerdict? Verdict, string? Error)
{
    /// <summary>True when the case says what to expect, the verdict is another, and nobody disputes it; also when the probe could not be made.</summary>
    public bool Disagrees => Error is not null || (Probe.Expected is { } expected && !Probe.IsDisputed && Verdict!.IsAllowed != expected);
}

internal sealed record ProbeService(string ClusterIP, IReadOnlyList<ProbeServicePort> Ports, IReadOnlyList<string> Endpoints);

internal sealed record ProbeServicePort(int Port, string TargetPort, IpProtocol Protocol);
