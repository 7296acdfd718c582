using System.Globalization;
using Calico.Policy.Conversion;
using Calico.Policy.Manifests;
using Calico.Policy.Model;

namespace Calico.Cli.Policy;

/// <summary>From a policy's identity back to the file and line it was read from.</summary>
internal sealed class SourceIndex
{
    private readonly Dictionary<PolicyId, ManifestObject> _objects = [];

    public SourceIndex(ManifestSet manifests)
    {
        foreach (ManifestObject item in manifests.Objects)
        {
            if (item.Resource is not null && ResourceConverter.ToModel(item.Resource).Value is PolicyModel policy) _objects[policy.Id] = item;
        }
    }

    public ManifestObject? Of(PolicyId? policy) => policy is { } id ? _objects.GetValueOrDefault(id) : null;

    /// <summary><c>file:line</c>, or nothing.</summary>
    public string Place(PolicyId? policy) =>
        Of(policy) is { } item ? string.Create(CultureInfo.InvariantCulture, $"{item.Source}:{item.Line}") : "";
}
