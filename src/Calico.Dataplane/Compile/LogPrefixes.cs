using System.Text;

namespace Calico.Dataplane.Compile;

internal static class LogPrefixes
{
    private const int MaxBytes = 127; // NF_LOG_PREFIXLEN - 1

    /// <summary>Felix's template: <c>%t</c> tier, <c>%k</c> kind, <c>%n</c> name with namespace, <c>%p</c> name alone; then a colon and a space, as its log lines have.</summary>
    public static string Of(string template, RuleOwner owner)
    {
        int space = owner.Name.IndexOf(' ', StringComparison.Ordinal);
        string kind = owner.Kind == RuleOwnerKind.Profile ? "Profile" : space < 0 ? "" : owner.Name[..space];
        string name = space < 0 ? owner.Name : owner.Name[(space + 1)..];
        string alone = name[(name.LastIndexOf('/') + 1)..];
        string text = template.Replace("%t", owner.Tier, StringComparison.Ordinal).Replace("%k", kind, StringComparison.Ordinal)
            .Replace("%n", name, StringComparison.Ordinal).Replace("%p", alone, StringComparison.Ordinal) + ": ";
        while (Encoding.UTF8.GetByteCount(text) > MaxBytes) text = text[..^3] + ": ";
        return text;
    }
}
