using System.Globalization;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Yaml;

/// <summary>Paths into a document: names joined by dots, <c>[0]</c> for items, <c>["a.b"]</c> for names that have dots or brackets.</summary>
#if !CALICO_POLICY
[Embedded]
#endif
internal static class DocumentPath
{
    public static string Join(string path, string name)
    {
        if (name.AsSpan().ContainsAny(".[]\"") || name.Length == 0) return $"{path}[\"{name}\"]";
        return path.Length == 0 ? name : $"{path}.{name}";
    }

    public static string Join(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");

    public static IEnumerable<string> Steps(string path)
    {
        int at = 0;
        while (at < path.Length)
        {
            if (path[at] == '.') at++;
            else if (path.AsSpan(at).StartsWith("[\"", StringComparison.Ordinal))
            {
                int end = path.IndexOf("\"]", at + 2, StringComparison.Ordinal);
                if (end < 0) yield break;
                yield return path[(at + 2)..end];
                at = end + 2;
            }
            else if (path[at] == '[')
            {
                int end = path.IndexOf(']', at);
                if (end < 0) yield break;
                yield return path[(at + 1)..end];
                at = end + 1;
            }
            else
            {
                int length = path.AsSpan(at).IndexOfAny('.', '[');
                if (length < 0) length = path.Length - at;
                yield return path.Substring(at, length);
                at += length;
            }
        }
    }
}
