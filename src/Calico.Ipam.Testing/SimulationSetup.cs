using System.Net;

namespace Calico.Ipam.Testing;

/// <summary>The world of an <see cref="IpamSimulation"/>.</summary>
public sealed record SimulationSetup
{
    /// <summary>The node that each process works for; several processes may work for one node.</summary>
    public IReadOnlyList<string> Processes { get; init; } = ["node-1", "node-1", "node-2", "node-3"];

    /// <summary>The pools; small ones make contention.</summary>
    public IReadOnlyList<IPPool> Pools { get; init; } =
    [
        new IPPool { Name = "v4", Cidr = IPNetwork.Parse("10.0.0.0/27"), BlockSize = 29 },
        new IPPool { Name = "v6", Cidr = IPNetwork.Parse("fd00::/123"), BlockSize = 125 },
    ];

    /// <summary>The settings.</summary>
    public IpamConfig Config { get; init; } = IpamConfig.Default;

    /// <summary>Whether the store has transactions over several keys.</summary>
    public bool HasTransactions { get; init; } = true;
}
