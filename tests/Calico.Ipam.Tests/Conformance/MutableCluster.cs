namespace Calico.Ipam.Tests.Conformance;

/// <summary>A cluster that a scenario changes under the allocator's feet.</summary>
internal sealed class MutableCluster : IIpamClusterSource
{
    private IpamCluster? _cluster;

    public List<IPPool> Pools { get; init; } = [];

    public List<IPReservation> Reservations { get; init; } = [];

    public IpamConfig Config { get; set; } = IpamConfig.Default;

    public Dictionary<string, Dictionary<string, string>> Nodes { get; init; } = [];

    public void Changed() => _cluster = null;

    public ValueTask<IpamCluster> GetAsync(CancellationToken cancellationToken = default) =>
        new(_cluster ??= new IpamCluster(Pools, Reservations, Config, node => Nodes.GetValueOrDefault(node)));
}
