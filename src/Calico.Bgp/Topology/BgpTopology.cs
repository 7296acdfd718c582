using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Calico.Bgp.Topology;

/// <summary>What confd does for a node of Calico, as a pure function.</summary>
/// <remarks>Same input, same output; nothing is remembered. Calculating anew at every change is cheap, and the speaker applies only what differs.</remarks>
public static class BgpTopology
{
    /// <summary>Calico's AS where nothing else is configured.</summary>
    public const uint DefaultAsn = 64512;

    private static readonly SearchValues<char> Number = SearchValues.Create("0123456789.");

    /// <summary>BGP's port.</summary>
    public const int DefaultPort = 179;

    /// <summary>Calculates the configuration of <see cref="TopologyInput.Node"/>.</summary>
    /// <param name="input">The facts.</param>
    /// <returns>The configuration; a node that is not among <see cref="TopologyInput.Nodes"/> has no sessions.</returns>
    public static NodeTopology Compute(TopologyInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        List<TopologyProblem> problems = [];
        TopologyNode self = input.Nodes.FirstOrDefault(n => n.Name == input.Node) ?? new TopologyNode { Name = input.Node };
        Asn asn = self.AsNumber ?? input.Configuration?.AsNumber ?? new Asn(DefaultAsn);
        ServiceRoutes services = ServiceRoutes.For(input, self, problems);
        SessionPlan sessions = SessionPlan.For(input, self, asn, problems);
        return new NodeTopology
        {
            Node = input.Node,
            Asn = asn,
            RouterId = RouterIdOf(input.RouterId, self, problems),
            ListenPort = ListenPortOf(input, input.Node) ?? DefaultPort,
            ListenAddresses = input.Configuration?.BindMode == "NodeIP"
                ? [.. new[] { self.IPv4Address, self.IPv6Address }.OfType<IPAddress>()]
                : [],
            Sessions = sessions.Sessions,
            StaticRoutes =
            [
                .. from block in input.Blocks
                   where !block.IsPending && block.Cidr.PrefixLength < (block.Cidr.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 128 : 32)
                   select new TopologyStaticRoute(block.Cidr, TopologyStaticRouteKind.Block),
                .. services.Announced.Select(n => new TopologyStaticRoute(n, TopologyStaticRouteKind.Service)),
                .. sessions.Gateways,
            ],
            Routes = new TopologyRoutes(input, self, services, problems),
            Problems = problems,
        };
    }

    /// <summary>The router id that <c>CALICO_ROUTER_ID=hash</c> gives a node: the first four octets of the name's SHA-256, kept below multicast.</summary>
    /// <param name="node">The node's name.</param>
    public static IPAddress RouterIdFromName(string node)
    {
        ArgumentNullException.ThrowIfNull(node);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(node), hash);
        if (hash[0] > 223) hash[0] -= 32;
        return new IPAddress(hash[..4]);
    }

    internal static int? ListenPortOf(TopologyInput input, string node) =>
        input.NodeConfigurations.GetValueOrDefault(node)?.ListenPort ?? input.Configuration?.ListenPort;

    /// <summary>A Go duration (<c>1h2m3.5s</c>, units h, m, s, ms, us, ns) as Calico's API writes times.</summary>
    internal static TimeSpan? ParseDuration(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        double seconds = 0;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(Number);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return null;
            rest = rest[digits..];
            int letters = rest.IndexOfAny(Number);
            ReadOnlySpan<char> unit = letters < 0 ? rest : rest[..letters];
            double? factor = unit switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 1e-3, "us" or "µs" => 1e-6, "ns" => 1e-9, _ => null };
            if (factor is null) return null;
            seconds += number * factor.Value;
            rest = rest[unit.Length..];
        }

        return seconds <= TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static IPAddress? RouterIdOf(string? configured, TopologyNode self, List<TopologyProblem> problems)
    {
        if (string.IsNullOrEmpty(configured)) return self.IPv4Address;
        if (configured == "hash") return RouterIdFromName(self.Name);
        if (IPAddress.TryParse(configured, out IPAddress? literal) && literal.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) return literal;
        problems.Add(new TopologyProblem($"Node/{self.Name}", "CALICO_ROUTER_ID", $"'{configured}' is neither 'hash' nor an IPv4 address"));
        return self.IPv4Address;
    }
}
