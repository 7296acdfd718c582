using Calico.Netlink;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers netlink clients.</summary>
public static class NetlinkServiceCollectionExtensions
{
    /// <summary>Adds <see cref="RtNetlink"/>, <see cref="ConntrackClient"/> and <see cref="IpSetClient"/> as singletons that open their socket when they are first asked for. Safe to call more than once.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">How sockets are opened; null for the defaults in the process's namespace.</param>
    public static IServiceCollection AddCalicoNetlink(this IServiceCollection services, NetlinkConnectionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => WithLogger(options ?? new NetlinkConnectionOptions(), provider));
        services.TryAddSingleton(provider => RtNetlink.Open(provider.GetRequiredService<NetlinkConnectionOptions>()));
        services.TryAddSingleton(provider => ConntrackClient.Open(provider.GetRequiredService<NetlinkConnectionOptions>()));
        services.TryAddSingleton(provider => IpSetClient.Open(provider.GetRequiredService<NetlinkConnectionOptions>()));
        return services;
    }

    /// <summary>Adds a <see cref="RouteTable"/> as a singleton over the registered <see cref="RtNetlink"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">Which routes it owns; null for the defaults.</param>
    public static IServiceCollection AddCalicoRouteTable(this IServiceCollection services, RouteTableOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddCalicoNetlink();
        services.TryAddSingleton(provider => new RouteTable(provider.GetRequiredService<RtNetlink>(), options));
        return services;
    }

    private static NetlinkConnectionOptions WithLogger(NetlinkConnectionOptions options, IServiceProvider provider) =>
        options.Logger is null && provider.GetService<ILoggerFactory>() is { } factory ? options with { Logger = factory.CreateLogger(NetlinkTelemetry.SourceName) } : options;
}
