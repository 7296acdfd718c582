using System.Net;
using System.Text.Json.Nodes;
using Calico.Ipam.Documents;
using Calico.Net;

namespace Calico.Ipam;

/// <summary>Addresses that are never assigned automatically (projectcalico.org/v3 IPReservation). Assigning one by its name is still possible.</summary>
/// <param name="Name">The reservation's name.</param>
/// <param name="ReservedCidrs">Addresses and prefixes of both families; blanks around them are trimmed, unreadable ones skipped by the allocator.</param>
public sealed record IPReservation(string Name, IReadOnlyList<string> ReservedCidrs)
{
    /// <summary>The entries that can be read, as the allocator sees them.</summary>
    public IEnumerable<IPNetwork> Networks
    {
        get
        {
            foreach (string text in ReservedCidrs)
            {
                if (IpPrefix.TryParse(text.AsSpan().Trim(), out IpPrefix prefix)) yield return prefix.ToIPNetwork();
            }
        }
    }

    internal JsonObject? Source { get; init; }

    /// <summary>Its key in the store.</summary>
    public string Key => IpamKeys.Reservation(Name);

    /// <summary>Reads a projectcalico.org/v3 IPReservation.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="name">What to call it in errors, usually its key.</param>
    /// <exception cref="IpamDataException">It is not readable.</exception>
    public static IPReservation Decode(ReadOnlyMemory<byte> json, string name = "IPReservation")
    {
        ResourceJson resource = ResourceJson.Parse(json.Span, name);
        return new IPReservation(resource.Name, resource.Spec.Strings("reservedCIDRs")) { Source = resource.Root };
    }

    /// <summary>The reservation's JSON, with the fields that this version does not know.</summary>
    public byte[] Encode()
    {
        ResourceJson resource = ResourceJson.For("IPReservation", Name, Source);
        resource.Spec.Set("reservedCIDRs", ReservedCidrs);
        return resource.ToBytes();
    }
}
