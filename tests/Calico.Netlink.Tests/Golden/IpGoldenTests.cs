using System.Buffers.Binary;
using System.Text.Json;


namespace Calico.Netlink.Tests;

/// <summary>Our requests carry exactly what <c>ip</c> and <c>bridge</c> send for the same command.</summary>
public sealed class IpGoldenTests
{
    private const string Own = "Golden/ip.jsonl";

    public static TheoryData<string> Conformance() => Lines(Calico.Tests.Conformance.Root is { } root ? Path.Combine(root, "netlink", "iproute2_golden.jsonl") : null);

    public static TheoryData<string> Captured() => Lines(Path.Combine(AppContext.BaseDirectory, Own));

    [Theory]
    [MemberData(nameof(Captured))]
    public void Own_capture(string line) => Check(line);

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Conformance))]
    public void Conformance_capture(string line)
    {
        Calico.Tests.Conformance.Folder("netlink");
        Check(line);
    }

    private static void Check(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        string command = root.GetProperty("cmd").GetString()!;
        Dictionary<string, int> indexes = root.GetProperty("ifindex").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32());
        AddRenamed(indexes, command);
        byte[] sent = Convert.FromHexString(root.GetProperty("sent").EnumerateArray().Last().GetProperty("hex").GetString()!);
        NetlinkBatch batch = new();
        new IpCommands(indexes).Write(batch, command);
        byte[] ours = batch[0].ToArray();
        // Single requests go out with an acknowledgement asked for, as the connection does it.
        BinaryPrimitives.WriteUInt16LittleEndian(ours.AsSpan(6), (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(ours.AsSpan(6)) | (ushort)NetlinkFlags.Ack));
        bool tunnel = command.Contains("type ipip", StringComparison.Ordinal) || command.Contains("type sit", StringComparison.Ordinal) || command.Contains("type ip6tnl", StringComparison.Ordinal);
        Assert.Equal(GoldenRequest.Canonical(WithoutEmptySource(sent), tunnel), GoldenRequest.Canonical(ours, tunnel));
    }

    // The capture lists the indexes after the command.
    private static void AddRenamed(Dictionary<string, int> indexes, string command)
    {
        string[] words = command.Split(' ');
        if (words is ["link", "set", string old, "name", string name]) indexes.TryAdd(old, indexes[name]);
        if (words is ["link", "del", string gone]) indexes.TryAdd(gone, gone == "mv0" ? 7 : 5);
        if (words is ["link", "set", string moved, "netns", ..]) indexes.TryAdd(moved, 2);
    }

    // "from all" makes ip add an attribute without a value, which says nothing.
    private static byte[] WithoutEmptySource(byte[] request)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(request.AsSpan(4)) is not (32 or 33)) return request;
        byte[] empty = [4, 0, 2, 0];
        int at = request.AsSpan().IndexOf(empty);
        return at < 28 ? request : [.. request[..at], .. request[(at + 4)..]];
    }

    private static TheoryData<string> Lines(string? file)
    {
        TheoryData<string> data = [];
        if (file is null || !File.Exists(file)) return data;
        foreach (string line in File.ReadLines(file).Where(l => l.Contains("\"sent\"", StringComparison.Ordinal)))
        {
            string command = JsonDocument.Parse(line).RootElement.GetProperty("cmd").GetString()!;
            data.Add(new TheoryDataRow<string>(line) { TestDisplayName = "ip " + command });
        }

        return data;
    }
}
