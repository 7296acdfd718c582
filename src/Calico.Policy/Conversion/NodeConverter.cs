using System.Net;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>Nodes → their labels and addresses. Host names are no addresses; what cannot be read is left out and reported.</summary>
internal static class NodeConverter
{
    public static NodeModel Convert(Node node, List<ConversionProblem> problems) => new()
    {
        Name = node.Metadata.Name ?? "",
        Labels = node.Metadata.Labels,
        Addresses = Addresses(node.Status?.Addresses ?? [], "status.addresses", problems).Distinct().ToEquatableArray(),
    };

    public static NodeModel Convert(CalicoNode node, List<ConversionProblem> problems)
    {
        List<IPAddress> addresses = [];
        Add(node.Spec.Bgp?.IPv4Address, "spec.bgp.ipv4Address");
        Add(node.Spec.Bgp?.IPv6Address, "spec.bgp.ipv6Address");
        addresses.AddRange(Addresses(node.Spec.Addresses, "spec.addresses", problems));
        return new NodeModel { Name = node.Metadata.Name ?? "", Labels = node.Metadata.Labels, Addresses = addresses.Distinct().ToEquatableArray() };

        void Add(string? text, string path)
        {
            if (string.IsNullOrEmpty(text)) return;
            if (Address(text) is { } address) addresses.Add(address);
            else problems.Add(new(path, $"'{text}' is not an IP address; it is left out"));
        }
    }

    private static List<IPAddress> Addresses(EquatableArray<NodeAddress> given, string path, List<ConversionProblem> problems)
    {
        List<IPAddress> addresses = [];
        for (int i = 0; i < given.Count; i++)
        {
            if (given[i].Type is "Hostname" or "InternalDNS" or "ExternalDNS") continue;
            if (Address(given[i].Address) is { } address) addresses.Add(address);
            else problems.Add(new(FormattableString.Invariant($"{path}[{i}].address"), $"'{given[i].Address}' is not an IP address; it is left out"));
        }

        return addresses;
    }

    // The prefix length that Calico writes behind an address is its subnet's.
    private static IPAddress? Address(string? text)
    {
        if (text is null) return null;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return EndpointFlattener.Address(slash < 0 ? text : text[..slash]);
    }
}
