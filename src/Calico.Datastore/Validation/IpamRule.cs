using Calico.Ipam;

namespace Calico.Datastore.Validation;

/// <summary>The kinds that Calico.Ipam knows are checked by it.</summary>
internal sealed class IpamRule : IResourceRule
{
    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        IReadOnlyList<ValidationError> errors =
            resource.Kind == ResourceKinds.IPPool ? IPPoolValidation.Validate(resource.ToUtf8Json()) :
            resource.Kind == ResourceKinds.IPReservation ? IPReservationValidation.Validate(resource.ToUtf8Json()) : [];
        foreach (ValidationError error in errors)
        {
            // Names and labels are checked for all kinds alike.
            if (!error.Path.StartsWith("$.metadata", StringComparison.Ordinal)) problems.Add(new(error.Path.TrimStart('$').TrimStart('.'), error.Reason));
        }
    }
}
