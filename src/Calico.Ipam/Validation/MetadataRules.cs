using System.Text;
using Calico.Ipam.Documents;

namespace Calico.Ipam.Validation;

/// <summary>Kubernetes' rules for names, labels and annotations (apimachinery <c>validation</c>).</summary>
internal static class MetadataRules
{
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;
    private const int MaxAnnotationsSize = 262144;

    public static IEnumerable<ValidationError> Check(ResourceJson resource)
    {
        if (!IsSubdomain(resource.Name))
            yield return new("$.metadata.name", $"'{Short(resource.Name)}' is not a DNS subdomain of at most {MaxNameLength} characters (lower-case letters, digits, '-' and '.')");
        foreach ((string key, string value) in resource.Metadata.Map("labels"))
        {
            if (!IsQualifiedName(key)) yield return new("$.metadata.labels", $"'{Short(key)}' is not a label name");
            if (!IsLabelValue(value)) yield return new("$.metadata.labels", $"'{Short(value)}' is not a label value");
        }

        long size = 0;
        foreach ((string key, string value) in resource.Metadata.Map("annotations"))
        {
            // The API server looks at the key in lower case: annotations are laxer than labels.
            if (!IsQualifiedName(key.ToLowerInvariant())) yield return new("$.metadata.annotations", $"'{Short(key)}' is not an annotation name");
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
        }

        if (size > MaxAnnotationsSize) yield return new("$.metadata.annotations", $"are {size} octets together, {MaxAnnotationsSize} are allowed");
    }

    private static bool IsQualifiedName(string key)
    {
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && !IsSubdomain(key[..slash])) return false;
        string name = key[(slash + 1)..];
        return name.Length > 0 && IsLabelValue(name);
    }

    private static bool IsLabelValue(string value) =>
        value.Length == 0 ||
        (value.Length <= MaxLabelLength && char.IsAsciiLetterOrDigit(value[0]) && char.IsAsciiLetterOrDigit(value[^1]) &&
         value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));

    private static bool IsSubdomain(string name) =>
        name.Length is > 0 and <= MaxNameLength &&
        name.Split('.').All(part => part.Length > 0 && part[0] != '-' && part[^1] != '-' && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'));

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
