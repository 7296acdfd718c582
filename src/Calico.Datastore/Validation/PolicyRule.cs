using System.Text;
using Calico.Policy.Manifests;

namespace Calico.Datastore.Validation;

/// <summary>The kinds that Calico.Policy knows are checked by its own reader.</summary>
internal sealed class PolicyRule : IResourceRule
{
    private readonly Calico.Policy.Manifests.ManifestReader _reader = new() { WarnAboutUnknownFields = false };

    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        if (!Calico.Policy.Resources.ResourceKinds.IsKnown(resource.Kind.ApiVersion, resource.Kind.Kind)) return;
        foreach (Diagnostic found in _reader.Read(Encoding.UTF8.GetString(resource.ToUtf8Json()), "").Diagnostics)
        {
            // What the rule for all kinds has said already is not said twice.
            if (found.Severity == Severity.Error && !problems.Any(p => p.Path == found.Path)) problems.Add(new(found.Path, found.Message));
        }
    }
}
