using System.Globalization;
using System.Text;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Validation;

/// <summary>Names, labels and annotations: Kubernetes' DNS names and qualified names, and Calico's narrower ones for policies and tiers.</summary>
internal static class NameRules
{
    public const int LongestLabel = 63;
    public const int LongestSubdomain = 253;
    private const int MostAnnotationBytes = 256 << 10;

    public static void Check(Resource resource, Checks checks)
    {
        ObjectMeta metadata = resource.Metadata;
        string name = metadata.Name ?? "";
        if (name.Length == 0 && !string.IsNullOrEmpty(metadata.GenerateName))
            checks.Require(IsSubdomain(metadata.GenerateName.TrimEnd('-', '.')), "metadata.generateName", $"{Checks.Shown(metadata.GenerateName)} cannot begin a name");
        else if (name.Length > LongestSubdomain)
            checks.Add("metadata.name", string.Create(CultureInfo.InvariantCulture, $"has {name.Length} characters, at most {LongestSubdomain} are allowed"));
        else if (Complaint(resource, name) is { } complaint)
            checks.Add("metadata.name", $"{Checks.Shown(name)} {complaint}");

        if (resource.IsNamespaced && metadata.Namespace is { Length: > 0 } ns)
            checks.Require(IsLabel(ns), "metadata.namespace", $"{Checks.Shown(ns)} is not a namespace's name: at most 63 of a–z, 0–9, '-'");
        Labels(metadata.Labels, "metadata.labels", checks);
        Annotations(metadata.Annotations, "metadata.annotations", checks);
    }

    public static void Labels(LabelMap labels, string path, Checks checks)
    {
        foreach ((string key, string value) in labels.AsSpan())
        {
            string at = DocumentPath.Join(path, key);
            checks.Require(IsQualifiedName(key), at, $"{Checks.Shown(key)} is not a label name: [domain/] and at most 63 letters, digits, '-', '_', '.', with a letter or digit at both ends");
            checks.Require(IsLabelValue(value), at, $"{Checks.Shown(value)} is not a label value: at most 63 letters, digits, '-', '_', '.', with a letter or digit at both ends");
        }
    }

    public static void Annotations(LabelMap annotations, string path, Checks checks)
    {
        long bytes = 0;
        foreach ((string key, string value) in annotations.AsSpan())
        {
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
            checks.Require(IsQualifiedName(key.ToLowerInvariant()), DocumentPath.Join(path, key), $"{Checks.Shown(key)} is not the name of an annotation");
        }

        checks.Require(bytes <= MostAnnotationBytes, path, string.Create(CultureInfo.InvariantCulture, $"take {bytes} bytes, at most {MostAnnotationBytes} are allowed"));
    }

    public static bool IsLabel(string text) => text.Length is > 0 and <= LongestLabel && IsDashed(text);

    public static bool IsSubdomain(string text) => text.Length is > 0 and <= LongestSubdomain && text.Split('.').All(IsDashed);

    public static bool IsQualifiedName(string text)
    {
        int slash = text.IndexOf('/');
        string name = text[(slash + 1)..];
        return (slash < 0 || IsSubdomain(text[..slash])) && name.Length is > 0 and <= LongestLabel && IsValue(name);
    }

    public static bool IsLabelValue(string text) => text.Length == 0 || (text.Length <= LongestLabel && IsValue(text));

    private static string? Complaint(Resource resource, string name)
    {
        switch (resource)
        {
            case Tier:
                return IsLabel(name) ? null : "is not the name of a tier: at most 63 of a–z, 0–9, '-'";
            case Namespace:
                return IsLabel(name) ? null : "is not the name of a namespace: at most 63 of a–z, 0–9, '-'";
            case NetworkPolicy or StagedNetworkPolicy:
                return IsPolicyName(name) ? null : "is not the name of a policy: a–z, 0–9, '-', with at most one '.'";
            case GlobalNetworkPolicy or StagedGlobalNetworkPolicy:
                return IsDotted(name) ? null : "is not the name of a policy: a–z, 0–9, '-', with at most one '.'";
            case BaselineAdminNetworkPolicy:
                return name == "default" ? null : "is not allowed: the one BaselineAdminNetworkPolicy is named 'default'";
            default:
                return IsSubdomain(name) ? null : "is not a name: a–z, 0–9, '-', '.', with a letter or digit at both ends of each part";
        }
    }

    private static bool IsPolicyName(string name)
    {
        foreach (string prefix in (string[])["knp.default.", "ossg.default."])
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && IsSubdomain(name[prefix.Length..])) return true;
        }

        return IsDotted(name);
    }

    private static bool IsDotted(string name) => name.Split('.') is { Length: 1 or 2 } parts && parts.All(IsDashed);

    private static bool IsDashed(string text) =>
        text.Length > 0 && text[0] != '-' && text[^1] != '-' && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static bool IsValue(string text) =>
        char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
