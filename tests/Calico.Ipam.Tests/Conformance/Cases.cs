using System.Globalization;
using System.Net;
using System.Text.Json;
using Calico.Tests;

namespace Calico.Ipam.Tests.Conformance;

/// <summary>The cases of one conformance file; a theory gets their ids, one result per case.</summary>
internal static class Cases
{
    public static IEnumerable<TheoryDataRow<string>> Ids(string file)
    {
        if (Calico.Tests.Conformance.Root is null) return [new TheoryDataRow<string>("no conformance data")];
        return Load(file).Select(one => new TheoryDataRow<string>(one.GetProperty("id").GetString()!));
    }

    public static JsonElement Get(string file, string id) => Load(file).First(one => one.GetProperty("id").GetString() == id);

    /// <summary>The case and those before it that it goes on from.</summary>
    public static IReadOnlyList<JsonElement> WithHistory(string file, string id)
    {
        List<JsonElement> run = [];
        foreach (JsonElement one in Load(file))
        {
            if (one.Flag("freshDatastore", true)) run.Clear();
            run.Add(one);
            if (one.GetProperty("id").GetString() == id) return run;
        }

        throw new KeyNotFoundException(id);
    }

    private static List<JsonElement> Load(string file)
    {
        string path = Path.Combine(Calico.Tests.Conformance.Folder(Path.GetDirectoryName(file)!), Path.GetFileName(file));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.Clone().GetProperty("cases").EnumerateArray()];
    }

    public static JsonElement? Field(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? Text(this JsonElement element, string name) => element.Field(name)?.ToString();

    public static bool Flag(this JsonElement element, string name, bool absent = false) => element.Field(name)?.GetBoolean() ?? absent;

    public static int Number(this JsonElement element, string name, int absent = 0) => element.Field(name)?.GetInt32() ?? absent;

    public static IReadOnlyList<string> Texts(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(item => item.ToString())] : [];

    public static IReadOnlyList<int> Numbers(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(item => item.GetInt32())] : [];

    public static Dictionary<string, string> Map(this JsonElement element, string name) =>
        element.Field(name) is { } map ? map.EnumerateObject().ToDictionary(field => field.Name, field => field.Value.ToString()) : [];

    /// <summary>A pool as the files write it: a bare CIDR, or an object with <c>cidr</c> or <c>cIDR</c>.</summary>
    public static IPPool Pool(JsonElement pool, int index)
    {
        string text = pool.ValueKind == JsonValueKind.String ? pool.GetString()! : (pool.Text("cidr") ?? pool.Text("cIDR"))!;
        AllowedUses uses = pool.Texts("allowedUses").Aggregate(AllowedUses.None, (all, use) => all | Enum.Parse<AllowedUses>(use));
        return new IPPool
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"pool-{index:d3}"),
            Cidr = Network(text),
            CidrText = text,
            BlockSize = pool.Number("blockSize"),
            Disabled = pool.Flag("disabled") || !pool.Flag("enabled", true),
            NodeSelector = pool.Text("nodeSelector") ?? "",
            NamespaceSelector = pool.Text("namespaceSelector") ?? "",
            AllowedUses = uses == AllowedUses.None ? AllowedUses.Workload | AllowedUses.Tunnel : uses,
            AssignmentMode = pool.Text("assignmentMode") == "Manual" ? AssignmentMode.Manual : AssignmentMode.Automatic,
        };
    }

    public static List<IPPool> Pools(this JsonElement element) =>
        element.Field("pools") is { } pools ? [.. pools.EnumerateArray().Select(Pool)] : [];

    public static HostReservedAddresses? HostReserved(this JsonElement element, string name) => element.Field(name) is { } reserved
        ? new HostReservedAddresses(reserved.Number("StartOfBlock"), reserved.Number("EndOfBlock"), reserved.Text("Handle") ?? HostReservedAddresses.WindowsHandle, reserved.Text("Note") ?? "")
        : null;

    /// <summary>A prefix that may be written with host bits.</summary>
    public static IPNetwork Network(string text)
    {
        string[] parts = text.Split('/');
        IPAddress address = IPAddress.Parse(parts[0]);
        byte[] octets = address.GetAddressBytes();
        int length = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : octets.Length * 8;
        for (int bit = length; bit < octets.Length * 8; bit++) octets[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(octets), length);
    }
}
