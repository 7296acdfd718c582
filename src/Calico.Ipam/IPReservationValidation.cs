using Calico.Ipam.Documents;
using Calico.Ipam.Validation;
using Calico.Net;

namespace Calico.Ipam;

/// <summary>The rules for IPReservations.</summary>
public static class IPReservationValidation
{
    /// <summary>Checks a projectcalico.org/v3 IPReservation as text, its metadata too.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <returns>What is wrong; empty when it is valid.</returns>
    public static IReadOnlyList<ValidationError> Validate(ReadOnlyMemory<byte> json)
    {
        try
        {
            ResourceJson resource = ResourceJson.Parse(json.Span, "IPReservation");
            List<ValidationError> errors = [.. MetadataRules.Check(resource)];
            IReadOnlyList<string> cidrs = resource.Spec.Strings("reservedCIDRs");
            for (int i = 0; i < cidrs.Count; i++)
            {
                if (!IpPrefix.TryParse(cidrs[i], out _)) errors.Add(new($"$.spec.reservedCIDRs[{i}]", $"'{cidrs[i]}' is not an address or a prefix"));
            }

            return errors;
        }
        catch (IpamDataException e)
        {
            return [new ValidationError(e.Path, e.Reason)];
        }
    }
}
