namespace Calico.Ipam;

/// <summary>Where the allocator learns about pools, reservations, settings and labels. <see cref="StoreClusterSource"/> reads them from the store; an agent that watches them already passes its own.</summary>
public interface IIpamClusterSource
{
    /// <summary>The picture to decide by.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IpamCluster> GetAsync(CancellationToken cancellationToken = default);
}

/// <summary>A picture that never changes, for tests and tools.</summary>
/// <param name="cluster">The picture.</param>
public sealed class FixedClusterSource(IpamCluster cluster) : IIpamClusterSource
{
    /// <inheritdoc/>
    public ValueTask<IpamCluster> GetAsync(CancellationToken cancellationToken = default) => new(cluster);
}
