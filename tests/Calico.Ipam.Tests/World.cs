using System.Net;
using Calico.Ipam.Testing;

namespace Calico.Ipam.Tests;

/// <summary>A store with pools, a client that does not wait, and a clock that stands.</summary>
internal static class World
{
    public static IPPool Pool { get; } = new() { Name = "pods", Cidr = IPNetwork.Parse("10.0.0.0/24"), BlockSize = 28 };

    public static IPPool PoolV6 { get; } = new() { Name = "pods-v6", Cidr = IPNetwork.Parse("fd00::/120"), BlockSize = 124 };

    public static IPPool Services { get; } = new() { Name = "services", Cidr = IPNetwork.Parse("10.8.0.0/24"), BlockSize = 28, AllowedUses = AllowedUses.LoadBalancer };

    public static (InMemoryIpamStore Store, IpamClient Client, ManualTime Time) Of(params IPPool[] pools)
    {
        InMemoryIpamStore store = new();
        foreach (IPPool pool in pools) store.Put(pool.Key, pool.Encode());
        ManualTime time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return (store, Client(store, time), time);
    }

    public static IpamClient Client(IIpamStore store, TimeProvider? time = null) => new(store, options: new IpamOptions { Backoff = TimeSpan.Zero }, time: time);

    public static async Task<IpamException> Refused(Func<Task> request) => await Assert.ThrowsAsync<IpamException>(request);
}
