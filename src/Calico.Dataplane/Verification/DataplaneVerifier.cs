using Calico.Dataplane.Kernel;
using Calico.Dataplane.Verification;
using Calico.Netlink;
using Calico.Netlink.NfTables;
using Calico.Policy.Analysis;
using Calico.Policy.Evaluation;
using Calico.Policy.Model;

namespace Calico.Dataplane;

/// <summary>
/// Proves that a node's ruleset is what policy means, or finds packets for which it is not. All packets there can be are cut into classes that neither policy
/// nor any rule of the ruleset tells apart; one packet of each class is run through the ruleset by an interpreter, and asked of the evaluator.
/// </summary>
/// <remarks>
/// What is claimed: for new, established, related and invalid packets between any two addresses of which one is a workload of the node or the node, without NAT, rates
/// and connection limits not reached, fragments put together; and that workloads cannot send from addresses that are not theirs. The node's other interface is <c>eth0</c>.
/// Not thread-safe.
/// </remarks>
public sealed class DataplaneVerifier
{
    /// <summary>So many differences are reported; the search ends there.</summary>
    public const int MostDifferences = 20;

    private readonly ClusterState _cluster;
    private readonly string _node;
    private readonly DataplaneOptions _options;

    /// <summary>A verifier for one node of a cluster.</summary>
    /// <param name="cluster">The cluster; it must not change meanwhile.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="options">The dataplane's parameters; rules with domain names are taken as unknown to all.</param>
    /// <exception cref="ArgumentException">The cluster has no such node, nor an endpoint on it.</exception>
    public DataplaneVerifier(ClusterState cluster, string node, DataplaneOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentException.ThrowIfNullOrEmpty(node);
        (_cluster, _node, _options) = (cluster, node, options ?? DataplaneOptions.Default);
        _options.Validate();
        NodePlan.Require(cluster, node);
    }

    /// <summary>The connection states that packets are tried in; all four unless set.</summary>
    public IReadOnlyList<ConntrackState> States { get; init; } = [ConntrackState.New, ConntrackState.Established, ConntrackState.Related, ConntrackState.Invalid];

    /// <summary>The table that the dataplane makes for the node, without a kernel.</summary>
    public NftTable Compile() => NodePlan.Of(_cluster, _node, _options).Table;

    /// <summary>The marks that packets come with: 0, and one that somebody else has set, unless set.</summary>
    public IReadOnlyList<uint> Marks { get; init; } = [0, 0x4000];

    /// <summary>Verifies what the dataplane makes, after a kernel took it and gave it back.</summary>
    /// <param name="network">A namespace without our table; it is empty of it again at the end.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="InvalidOperationException">The namespace has our table already.</exception>
    /// <exception cref="NftTransactionException">The kernel refuses the table.</exception>
    public async Task<VerificationReport> VerifyThroughKernelAsync(NetworkNamespace network, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        using NftClient nft = NftClient.Open(new NetlinkConnectionOptions { Namespace = network });
        NftTableId id = RulesetApplier.Table;
        if ((await nft.ReadTableAsync(id, cancellationToken: cancellationToken).ConfigureAwait(false)).Table(id) is not null)
            throw new InvalidOperationException($"The namespace {network} already has a table {id}: verify in one of its own.");
        await nft.CommitAsync(new NftTransaction().Add(NftPlanner.Plan(null, Compile())), cancellationToken: cancellationToken).ConfigureAwait(false);
        try
        {
            NftTable read = (await nft.ReadTableAsync(id, cancellationToken: cancellationToken).ConfigureAwait(false)).Table(id)!;
            return Verify(read, cancellationToken);
        }
        finally
        {
            await nft.CommitAsync(new NftTransaction().Add([new NftDeleteTable(id)]), cancellationToken: CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Verifies a table, wherever it comes from: a running kernel's too.</summary>
    /// <param name="table">The table <c>inet calico</c> of the node.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="Netlink.NfTables.Interpreter.NftInterpreterException">The table names a chain or set it has not.</exception>
    public VerificationReport Verify(NftTable table, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        EvaluatorOptions evaluation = EvaluationOptions();
        FlowSpaceBuilder builder = new();
        builder.Add(_cluster, evaluation);
        RulesetBoundaries boundaries = new(table, builder);
        boundaries.Add();
        SourceCheck.AddBoundaries(builder, _cluster, _node);
        VerificationRun run = new(_cluster, _node, builder.Build(), evaluation, new NodePath(table, NodePlan.FabricInterface), this, cancellationToken);
        run.Policies();
        if (_options.AntiSpoofing) run.Sources();
        return run.Report(boundaries.Unreadable);
    }

    private EvaluatorOptions EvaluationOptions() => new()
    {
        OnlyNode = _node,
        FabricInterface = NodePlan.FabricInterface,
        EndpointToHostAction = (Policy.Evaluation.EndpointToHostAction)_options.DefaultEndpointToHostAction,
        FailsafeInbound = [.. _options.FailsafeInboundHostPorts.Select(p => new Policy.Evaluation.FailsafePort(new IpProtocol(p.Protocol), p.Port, p.Net))],
        FailsafeOutbound = [.. _options.FailsafeOutboundHostPorts.Select(p => new Policy.Evaluation.FailsafePort(new IpProtocol(p.Protocol), p.Port, p.Net))],
        DisableConntrackInvalidCheck = _options.DisableConntrackInvalidCheck,
        AllowVxlanFromWorkloads = _options.AllowVxlanPacketsFromWorkloads,
        AllowIpipFromWorkloads = _options.AllowIpIpPacketsFromWorkloads,
        VxlanPort = _options.VxlanPort,
    };
}
