using System.Text;
using System.Text.Json;
using Calico.Policy.Resources;

namespace Calico.Policy.Manifests;

/// <summary>Deployments, StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers, Jobs and CronJobs as the pods their controllers would make.</summary>
/// <remarks>One pod stands for all replicas, under the name of the controller: policy cannot tell replicas apart but by their addresses.</remarks>
public static class WorkloadExpansion
{
    private static readonly Dictionary<string, string[]> TemplateOf = new(StringComparer.Ordinal)
    {
        ["Deployment"] = ["spec", "template"],
        ["StatefulSet"] = ["spec", "template"],
        ["DaemonSet"] = ["spec", "template"],
        ["ReplicaSet"] = ["spec", "template"],
        ["ReplicationController"] = ["spec", "template"],
        ["Job"] = ["spec", "template"],
        ["CronJob"] = ["spec", "jobTemplate", "spec", "template"],
    };

    /// <summary>The pod that stands for a controller's; null when the object is no controller, wants no replicas, or its template cannot be read.</summary>
    public static Pod? ToPod(ManifestObject controller)
    {
        ArgumentNullException.ThrowIfNull(controller);
        if (!TemplateOf.TryGetValue(controller.Kind, out string[]? path)) return null;
        using JsonDocument document = JsonDocument.Parse(controller.Json);
        JsonElement template = document.RootElement;
        if (Replicas(template) == 0) return null;
        foreach (string step in path)
        {
            if (template.ValueKind != JsonValueKind.Object || !template.TryGetProperty(step, out template)) return null;
        }

        try
        {
            Pod pod = ResourceJson.Read<Pod>(Encoding.UTF8.GetBytes(template.GetRawText()));
            return pod with { Metadata = pod.Metadata with { Name = controller.Name, Namespace = controller.Namespace.Length == 0 ? null : controller.Namespace } };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int Replicas(JsonElement root) =>
        root.TryGetProperty("spec", out JsonElement spec) && spec.ValueKind == JsonValueKind.Object
        && spec.TryGetProperty("replicas", out JsonElement replicas) && replicas.ValueKind == JsonValueKind.Number && replicas.TryGetInt32(out int count) ? count : 1;
}
