using System.Net;
using Calico.Dataplane;

namespace Calico.Cli.Node;

/// <summary>Finds endpoints of the kernel's table by what people call them.</summary>
internal static class NodeEndpoint
{
    /// <param name="ruleset">The table.</param>
    /// <param name="text"><c>ns/pod</c>, the whole name, an interface, an address, or a host endpoint's name.</param>
    public static IReadOnlyList<EndpointRules> Find(NodeRuleset ruleset, string text)
    {
        if (IPAddress.TryParse(text, out IPAddress? address)) return ruleset.WorkloadAt(address) is { } at ? [at] : [];
        return [.. ruleset.Endpoints.Where(e => e.Endpoint == text || e.Interface == text || (text.Contains('/', StringComparison.Ordinal) && $"/{e.Endpoint}/".Contains($"/{text}/", StringComparison.Ordinal)))];
    }

    public static string NotThere(NodeRuleset ruleset, string text)
    {
        string[] near = [.. ruleset.Endpoints.Where(e => e.Endpoint.Contains(text, StringComparison.OrdinalIgnoreCase)).Select(e => e.Endpoint).Take(5)];
        return $"'{text}' is no endpoint of this node: ns/pod, an interface, or an address{(near.Length > 0 ? $"; did you mean {string.Join(", ", near)}?" : $" (there are {ruleset.Endpoints.Count} endpoints; 'calico node policy show' lists them)")}";
    }
}
