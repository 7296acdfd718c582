using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Calico.Bgp;
using Calico.Bgp.Bmp;

namespace Calico.RouteServer;

internal sealed class ConfigException(string message) : Exception(message);

/// <summary>The configuration file: JSON with comments and trailing commas.</summary>
internal sealed record RouteServerConfig
{
    public required string RouterId { get; set; }
    public required uint Asn { get; set; }
    public IReadOnlyList<string> Listen { get; set; } = [];
    public double? HoldTime { get; set; }
    public bool EbgpRequiresPolicy { get; set; } = true;
    public IReadOnlyDictionary<string, IReadOnlyList<FilterRule>> Filters { get; set; } = new Dictionary<string, IReadOnlyList<FilterRule>>();
    public IReadOnlyList<NeighborConfig> Neighbors { get; set; } = [];
    public BmpConfig? Bmp { get; set; }
    public string? Mrt { get; set; }

    /// <summary>A BMP collector, HOST:PORT, and the tables it is shown: prePolicy, postPolicy, locRib.</summary>
    internal sealed record BmpConfig(string Collector, IReadOnlyList<string>? Tables = null)
    {
        public BmpOptions ToOptions()
        {
            int colon = Collector.LastIndexOf(':');
            if (colon < 1 || !ushort.TryParse(Collector.AsSpan(colon + 1), out ushort port) || port == 0) throw new FormatException($"bmp.collector '{Collector}' is not HOST:PORT.");
            EndPoint point = IPEndPoint.TryParse(Collector, out IPEndPoint? numeric) ? numeric : new DnsEndPoint(Collector[..colon], port);
            var options = new BmpOptions { Collector = point };
            if (Tables is null) return options;
            BmpTables tables = BmpTables.None;
            foreach (string name in Tables) tables |= Enum.TryParse(name, ignoreCase: true, out BmpTables table) ? table : throw new FormatException($"bmp.tables has no '{name}': there are prePolicy, postPolicy, locRib.");
            return options with { Tables = tables };
        }
    }

    internal sealed record NeighborConfig
    {
        public required string Address { get; set; }
        public string? Name { get; set; }
        public uint? Asn { get; set; }
        public int Port { get; set; } = 179;
        public string? LocalAddress { get; set; }
        public bool Passive { get; set; }
        public IReadOnlyList<string> Families { get; set; } = ["ipv4-unicast", "ipv6-unicast"];
        public bool RouteReflectorClient { get; set; }
        public bool RouteServerClient { get; set; }
        public string? Md5 { get; set; }
        public string? Import { get; set; }
        public string? Export { get; set; }
        public double? HoldTime { get; set; }
        public int? MaxPrefixes { get; set; }
        public bool AddPath { get; set; }
        public byte? TtlSecurity { get; set; }
    }

    /// <summary>One rule of a named filter: all conditions that are given must hold; the first rule that matches decides, none is reject.</summary>
    internal sealed record FilterRule
    {
        public IReadOnlyList<string> Prefixes { get; set; } = [];
        public string? Community { get; set; }
        public string? AsPath { get; set; }
        public bool Accept { get; set; } = true;
        public IReadOnlyList<string> AddCommunities { get; set; } = [];
        public uint? LocalPreference { get; set; }
    }

    public static BgpSpeakerOptions Load(string path) => Load(path, out _);

    public static BgpSpeakerOptions Load(string path, out RouteServerConfig config)
    {
        try
        {
            config = JsonSerializer.Deserialize(File.ReadAllBytes(path), ConfigJson.Default.RouteServerConfig) ?? throw new FormatException("the file holds null.");
            var options = new BgpSpeakerOptions
            {
                Asn = config.Asn,
                RouterId = IPAddress.Parse(config.RouterId),
                Listen = [.. config.Listen.Select(IPEndPoint.Parse)],
                HoldTime = TimeSpan.FromSeconds(config.HoldTime ?? 90),
                EbgpRequiresPolicy = config.EbgpRequiresPolicy,
                Neighbors = [.. config.Neighbors.Select(config.ToOptions)],
            };
            options.Validate();
            config.Bmp?.ToOptions();
            return options;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or FormatException or ArgumentException)
        {
            throw new ConfigException(error.Message);
        }
    }

    private NeighborOptions ToOptions(NeighborConfig neighbor)
    {
        bool isRange = neighbor.Address.Contains('/');
        return new NeighborOptions
        {
            Address = isRange ? null : IPAddress.Parse(neighbor.Address),
            Range = isRange ? IPNetwork.Parse(neighbor.Address) : null,
            Name = neighbor.Name,
            Asn = neighbor.Asn is uint asn ? new Asn(asn) : null,
            Port = neighbor.Port,
            LocalAddress = neighbor.LocalAddress is { } local ? IPAddress.Parse(local) : null,
            Passive = neighbor.Passive,
            Families = [.. neighbor.Families.Select(f => Family.Parse(f))],
            RouteReflectorClient = neighbor.RouteReflectorClient,
            RouteServerClient = neighbor.RouteServerClient,
            Md5Password = neighbor.Md5,
            Import = Filter(neighbor.Import),
            Export = Filter(neighbor.Export),
            HoldTime = neighbor.HoldTime is double hold ? TimeSpan.FromSeconds(hold) : null,
            MaxPrefixes = neighbor.MaxPrefixes,
            AddPath = neighbor.AddPath ? AddPathMode.Both : AddPathMode.None,
            TtlSecurity = neighbor.TtlSecurity,
        };
    }

    private RouteFilter? Filter(string? name) => name switch
    {
        null => null,
        "accept" => RouteFilter.AcceptAll,
        "reject" => RouteFilter.RejectAll,
        _ => Filters.TryGetValue(name, out IReadOnlyList<FilterRule>? rules) ? Compile(name, rules) : throw new FormatException($"there is no filter '{name}'."),
    };

    private static RouteFilter Compile(string name, IReadOnlyList<FilterRule> rules)
    {
        var policy = new RoutePolicyBuilder(name);
        foreach (FilterRule rule in rules)
        {
            RoutePolicyRule next = policy.Rule();
            if (rule.Prefixes.Count > 0) next.When(RouteMatch.Prefixes(PrefixList.Parse(rule.Prefixes)));
            if (rule.Community is { } community) next.When(RouteMatch.Community(Community.Parse(community)));
            if (rule.AsPath is { } pattern) next.When(RouteMatch.AsPath(new AsPathPattern(pattern)));
            foreach (string added in rule.AddCommunities) next.Then(RouteEdit.AddCommunity(Community.Parse(added)));
            if (rule.LocalPreference is uint preference) next.Then(RouteEdit.LocalPreference(preference));
            if (rule.Accept) next.Accept();
            else next.Reject();
        }

        return policy.Build(FilterVerdict.Reject);
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(RouteServerConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;
