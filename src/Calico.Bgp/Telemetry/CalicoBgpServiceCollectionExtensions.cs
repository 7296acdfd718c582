using Calico.Bgp;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the speaker.</summary>
public static class CalicoBgpServiceCollectionExtensions
{
    /// <summary>Adds one <see cref="BgpSpeaker"/> as a singleton; start it with <see cref="BgpSpeaker.StartAsync"/>. Safe to call again: the first options count.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="options">What the speaker should be, made when the speaker is first asked for.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddCalicoBgp(this IServiceCollection services, Func<IServiceProvider, BgpSpeakerOptions> options)
    {
        services.TryAddSingleton(provider => new BgpSpeaker(
            options(provider), provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>()));
        return services;
    }

    /// <summary>Adds one <see cref="BgpSpeaker"/> as a singleton.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="options">What the speaker should be.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public static IServiceCollection AddCalicoBgp(this IServiceCollection services, BgpSpeakerOptions options)
    {
        options.Validate();
        return services.AddCalicoBgp(_ => options);
    }

    /// <summary>Adds a speaker under a key, so that several can live in one program.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="key">The key.</param>
    /// <param name="options">What the speaker should be.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public static IServiceCollection AddKeyedCalicoBgp(this IServiceCollection services, object key, BgpSpeakerOptions options)
    {
        options.Validate();
        services.TryAddKeyedSingleton(key, (provider, _) => new BgpSpeaker(options, provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>()));
        return services;
    }
}
