using System.Text.Json.Nodes;
using Calico.Net;

namespace Calico.Ipam.Documents;

/// <summary>An IPPool's JSON, read and written.</summary>
internal static class IPPoolDocument
{
    public static IPPool Read(ReadOnlySpan<byte> json, string document)
    {
        ResourceJson resource = ResourceJson.Parse(json, document);
        JsonFields spec = resource.Spec;
        string cidr = spec.Text("cidr") ?? throw spec.Bad("cidr", "is missing");
        if (!IpPrefix.TryParse(cidr, out IpPrefix range) || !cidr.Contains('/', StringComparison.Ordinal)) throw spec.Bad("cidr", $"'{cidr}' is not a prefix");
        IReadOnlyDictionary<string, string> annotations = resource.Metadata.Map("annotations");
        (bool allocatable, string? reason) = Allocatable(resource.Status);
        return new IPPool
        {
            Name = resource.Name,
            Cidr = range.ToIPNetwork(),
            CidrText = cidr,
            BlockSize = spec.Number("blockSize"),
            Disabled = spec.Flag("disabled"),
            NodeSelector = spec.Text("nodeSelector") ?? "",
            NamespaceSelector = spec.Text("namespaceSelector") ?? "",
            AllowedUses = Uses(spec),
            UsesAreStated = spec.Strings("allowedUses").Count > 0,
            AssignmentMode = spec.Choice("assignmentMode", AssignmentMode.Automatic),
            IpipMode = Encapsulation(spec, "ipipMode"),
            VxlanMode = Encapsulation(spec, "vxlanMode"),
            NatOutgoing = spec.Flag("natOutgoing"),
            DisableBgpExport = spec.Flag("disableBGPExport"),
            IsAllocatable = allocatable,
            NotAllocatableReason = reason,
            StrictAffinity = Strict(resource, annotations),
            Exclusions = annotations.TryGetValue(IPPool.ExclusionsAnnotation, out string? excluded)
                ? excluded.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                : [],
            Source = resource.Root,
        };
    }

    public static byte[] Write(IPPool pool)
    {
        ResourceJson resource = ResourceJson.For("IPPool", pool.Name, pool.Source);
        JsonFields spec = resource.Spec;
        spec.Object["cidr"] = pool.CidrText;
        spec.Object["vxlanMode"] = pool.VxlanMode.ToString();
        spec.Object["ipipMode"] = pool.IpipMode.ToString();
        spec.SetOrRemove("natOutgoing", pool.NatOutgoing);
        spec.SetOrRemove("disabled", pool.Disabled);
        spec.SetOrRemove("disableBGPExport", pool.DisableBgpExport);
        spec.Object["blockSize"] = pool.BlockSize;
        spec.Object["nodeSelector"] = pool.NodeSelector.Length == 0 ? "all()" : pool.NodeSelector;
        spec.SetOrRemove("namespaceSelector", pool.NamespaceSelector);
        spec.Set("allowedUses", Enum.GetValues<AllowedUses>().Where(use => use != AllowedUses.None && pool.AllowedUses.HasFlag(use)).Select(use => use.ToString()));
        spec.Object["assignmentMode"] = pool.AssignmentMode.ToString();
        Annotate(resource, IPPool.StrictAffinityAnnotation, pool.StrictAffinity switch { true => "true", false => "false", null => null });
        Annotate(resource, IPPool.ExclusionsAnnotation, pool.Exclusions.Count == 0 ? null : string.Join(',', pool.Exclusions));
        return resource.ToBytes();
    }

    private static void Annotate(ResourceJson resource, string name, string? value)
    {
        if (resource.Metadata.Object["annotations"] is not JsonObject annotations)
        {
            if (value is null) return;
            resource.Metadata.Object["annotations"] = annotations = [];
        }

        if (value is null) annotations.Remove(name);
        else annotations[name] = value;
    }

    private static AllowedUses Uses(JsonFields spec)
    {
        AllowedUses uses = AllowedUses.None;
        foreach (string text in spec.Strings("allowedUses"))
        {
            uses |= text switch
            {
                nameof(AllowedUses.Workload) => AllowedUses.Workload,
                nameof(AllowedUses.Tunnel) => AllowedUses.Tunnel,
                nameof(AllowedUses.LoadBalancer) => AllowedUses.LoadBalancer,
                _ => throw spec.Bad("allowedUses", $"'{text}' is not one of Workload, Tunnel, LoadBalancer"),
            };
        }

        return uses == AllowedUses.None ? AllowedUses.Workload | AllowedUses.Tunnel : uses;
    }

    // Calico takes the empty text as "not stated" here, but not for assignmentMode.
    private static EncapsulationMode Encapsulation(JsonFields spec, string name) =>
        spec.Text(name) is "" ? EncapsulationMode.Never : spec.Choice(name, EncapsulationMode.Never);

    private static bool? Strict(ResourceJson resource, IReadOnlyDictionary<string, string> annotations) =>
        annotations.GetValueOrDefault(IPPool.StrictAffinityAnnotation) switch
        {
            null => null,
            "true" => true,
            "false" => false,
            string other => throw resource.Metadata.Bad($"annotations['{IPPool.StrictAffinityAnnotation}']", $"'{other}' is not true or false"),
        };

    private static (bool Allocatable, string? Reason) Allocatable(JsonFields? status)
    {
        if (status?.Object["conditions"] is not JsonArray conditions) return (true, null);
        foreach (JsonObject condition in conditions.OfType<JsonObject>())
        {
            JsonFields fields = new(status.Document, "$.status.conditions", condition);
            if (fields.Text("type") == "Allocatable" && fields.Text("status") == "False") return (false, fields.Text("reason") ?? "");
        }

        return (true, null);
    }
}
