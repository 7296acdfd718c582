using System.Text.Json;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Netlink.NfTables.Wire;
using Calico.Tests;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>Rules as google/nftables' tests expect them: read into typed expressions, nothing left raw, and written again to the same meaning; the order of attributes is another.</summary>
public sealed class GoogleBytesTests
{
    private const int Header = 16;

    public static IEnumerable<TheoryDataRow<string, string>> Rules()
    {
        if (Conformance.Root is null && !Conformance.Required) return [new TheoryDataRow<string, string>("", "") { Skip = "No conformance data on this machine." }];
        return JsonDocument.Parse(File.ReadAllText(Path.Combine(Conformance.Folder("netlink"), "google_nftables_bytes.json"))).RootElement.EnumerateArray()
            .Select(e => (Name: $"{e.GetProperty("test").GetString()}: {e.GetProperty("comment").GetString()}", Hex: e.GetProperty("hex").GetString()!))
            .Where(e => IsRule(e.Hex))
            .DistinctBy(e => e.Hex)
            .Select(e => new TheoryDataRow<string, string>(e.Name, e.Hex));
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_rule_is_read_and_written_again(string name, string hex)
    {
        NetlinkMessageReader reader = new(Message(hex));
        Assert.True(reader.MoveNext(), name);
        NftRule rule = RuleCodec.Read(reader.Current, out ulong position);
        NetlinkBatch batch = new();
        RuleCodec.Write(
            NfTablesWire.Begin(batch, NfTablesMessage.NewRule, NetlinkFlags.None, MessageScope.Family(reader.Current)),
            MessageScope.Table(reader.Current), MessageScope.Text(reader.Current, RuleCodec.Chain), rule, position: position);
        NetlinkMessageReader again = new(batch.WrittenSpan);
        Assert.True(again.MoveNext());
        Assert.Equal(rule.Expressions, RuleCodec.Read(again.Current, out _).Expressions);
        Assert.DoesNotContain(rule.Expressions, e => e is RawExpression and not { Name: "match" or "target" });
    }

    // Recorded as family and attributes alone: a rule is what has a table, a chain and expressions; an object has its kind, of 4 bytes, where a rule has its handle.
    private static bool IsRule(string hex)
    {
        NetlinkMessageReader reader = new(Message(hex));
        if (!reader.MoveNext()) return false;
        int seen = 0;
        NetlinkAttributeReader attributes = reader.Current.Attributes(NfTablesWire.HeaderLength);
        while (attributes.MoveNext())
            seen |= (attributes.Type == 4 && !attributes.IsNested) || (attributes.Type == 3 && attributes.Value.Length == 4) ? 0x100 : 1 << Math.Min((int)attributes.Type, 7);
        return !attributes.IsMalformed && (seen & 0x100) == 0 && (seen & 0b10110) == 0b10110 && MessageScope.Text(reader.Current, RuleCodec.Chain).Length > 0;
    }

    private static byte[] Message(string hex)
    {
        byte[] payload = Convert.FromHexString(hex), message = new byte[Header + payload.Length];
        BitConverter.TryWriteBytes(message, message.Length);
        BitConverter.TryWriteBytes(message.AsSpan(4), (ushort)(NfTablesWire.Subsystem << 8 | (int)NfTablesMessage.NewRule));
        payload.CopyTo(message, Header);
        return message;
    }
}
