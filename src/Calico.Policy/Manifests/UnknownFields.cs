using System.Text.Json.Serialization.Metadata;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Policy.Resources.Json;
using Calico.Yaml;

namespace Calico.Policy.Manifests;

/// <summary>Finds fields the API does not have, by comparing the document with the generated metadata of the types.</summary>
internal static class UnknownFields
{
    private static readonly HashSet<string> OtherMetadata =
        ["managedFields", "ownerReferences", "finalizers", "generation", "selfLink", "deletionGracePeriodSeconds", "clusterName"];

    public static void Find(DocumentNode root, ResourceKinds.KindInfo info, Action<string, string> report)
    {
        foreach (DocumentMember member in root.Members)
        {
            if (member.Key is "apiVersion" or "kind" or "status") continue;
            if (member.Key == "metadata") Walk(member.Value, ResourceJsonOptions.Compact.GetTypeInfo(typeof(ObjectMeta)), "metadata", OtherMetadata, report);
            else if (!info.IsOpen) Member(member, info.Json, "", [], report);
        }
    }

    private static void Walk(DocumentNode node, JsonTypeInfo type, string path, HashSet<string> others, Action<string, string> report)
    {
        if (node.Kind != DocumentNodeKind.Object || type.Kind != JsonTypeInfoKind.Object) return;
        foreach (DocumentMember member in node.Members) Member(member, type, path, others, report);
    }

    private static void Member(DocumentMember member, JsonTypeInfo type, string path, HashSet<string> others, Action<string, string> report)
    {
        string here = DocumentPath.Join(path, member.Key);
        JsonPropertyInfo? property = type.Properties.FirstOrDefault(p => p.Name == member.Key);
        if (property is null)
        {
            if (!others.Contains(member.Key)) report(here, $"there is no field '{member.Key}'{Suggestion(member.Key, type)}; it is ignored");
            return;
        }

        Type value = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (value.IsGenericType && value.GetGenericTypeDefinition() == typeof(EquatableArray<>))
        {
            JsonTypeInfo element = ResourceJsonOptions.Compact.GetTypeInfo(value.GenericTypeArguments[0]);
            for (int i = 0; i < member.Value.Items.Count; i++) Walk(member.Value.Items[i], element, DocumentPath.Join(here, i), [], report);
        }
        else
        {
            Walk(member.Value, ResourceJsonOptions.Compact.GetTypeInfo(value), here, [], report);
        }
    }

    private static string Suggestion(string key, JsonTypeInfo type)
    {
        const int Near = 2;
        JsonPropertyInfo? best = type.Properties.MinBy(p => Distance(p.Name, key));
        return best is not null && Distance(best.Name, key) <= Near ? $"; did you mean '{best.Name}'?" : "";
    }

    private static int Distance(string left, string right)
    {
        if (string.Equals(left, right, StringComparison.OrdinalIgnoreCase)) return 0;
        const int Longest = 64;
        if (right.Length > Longest) return int.MaxValue;
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int cost = left[i - 1] == right[j - 1] ? diagonal : diagonal + 1;
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
