using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Datastore;
using Calico.Ipam;
using Calico.Ipam.Planning;

namespace Calico.Cli.Ipam;

/// <summary>The report file of <c>ipam check -o</c>, in calicoctl's form.</summary>
internal static class CheckReport
{
    public static string Write(IpamCheckReport report, Resource? cluster, bool locked)
    {
        JsonObject allocations = [];
        foreach (IGrouping<string, CheckedAddress> group in report.Addresses.GroupBy(address => address.Allocation.Address.ToString()))
            allocations[group.Key] = new JsonArray([.. group.Select(address => Allocation(address, report.UsersAreKnown))]);
        JsonObject root = new()
        {
            ["version"] = "calico-dotnet",
            ["clusterGUID"] = cluster?.Spec["clusterGUID"]?.ToString() ?? "",
            ["datastoreLocked"] = locked,
            ["clusterInformationRevision"] = $"{cluster?.Revision ?? 0}",
            ["clusterType"] = cluster?.Spec["clusterType"]?.ToString() ?? "",
            ["allocations"] = allocations,
            ["leakedHandles"] = new JsonArray([.. report.LeakedHandles.Select(handle => (JsonNode)new JsonObject { ["ID"] = handle.Id, ["UID"] = null, ["Revision"] = "" })]),
        };
        return root.ToJsonString(new() { WriteIndented = true });
    }

    /// <summary>The allocations that a report calls leaked, to be released only while they are the same.</summary>
    public static List<ReleaseOption> ReadLeaks(string text, string file)
    {
        try
        {
            List<ReleaseOption> leaks = [];
            foreach ((_, JsonNode? list) in JsonNode.Parse(text)!["allocations"]!.AsObject())
            {
                foreach (JsonNode? one in list!.AsArray())
                {
                    if (one!["inUse"]!.GetValue<bool>() || one["coolingDown"]?.GetValue<bool>() == true) continue;
                    leaks.Add(new ReleaseOption(IPAddress.Parse(one["ip"]!.GetValue<string>()), one["handle"]?.GetValue<string>(), one["sequenceNumber"]?.GetValue<ulong>()));
                }
            }

            return leaks;
        }
        catch (Exception e) when (e is JsonException or NullReferenceException or InvalidOperationException or FormatException)
        {
            throw new ArgumentException($"{file} is no report of 'ipam check': {e.Message}", e);
        }
    }

    private static JsonObject Allocation(CheckedAddress address, bool usersAreKnown)
    {
        AllocationRecord record = address.Allocation.Attribute;
        return new JsonObject
        {
            ["ip"] = address.Allocation.Address.ToString(),
            ["handle"] = record.HandleId ?? "",
            ["sequenceNumber"] = address.Allocation.SequenceNumber,
            ["pod"] = record.Owner.GetValueOrDefault(OwnerAttributes.Pod) ?? "",
            ["namespace"] = record.Owner.GetValueOrDefault(OwnerAttributes.Namespace) ?? "",
            ["node"] = record.Owner.GetValueOrDefault(OwnerAttributes.Node) ?? "",
            ["type"] = record.Owner.GetValueOrDefault(OwnerAttributes.Type) ?? "",
            ["creationTimestamp"] = record.Owner.GetValueOrDefault(OwnerAttributes.Timestamp) ?? "",
            ["inUse"] = address.IsInUse || !usersAreKnown,
            ["borrowed"] = address.Allocation.IsBorrowed,
            ["coolingDown"] = record.IsCooling,
            ["owners"] = new JsonArray([.. address.Users.Select(user => (JsonNode)user)]),
        };
    }
}
