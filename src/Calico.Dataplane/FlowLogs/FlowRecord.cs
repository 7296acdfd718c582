using System.Globalization;
using System.Net;
using System.Text.Json.Serialization;

namespace Calico.Dataplane;

/// <summary>What became of the packets of one kind of flow during an interval, and who decided it.</summary>
public sealed record FlowRecord
{
    /// <summary>When the first of its packets was seen.</summary>
    public required DateTimeOffset First { get; init; }

    /// <summary>When the last was seen.</summary>
    public required DateTimeOffset Last { get; init; }

    /// <summary>The sender.</summary>
    [JsonConverter(typeof(AddressConverter))]
    public required IPAddress Source { get; init; }

    /// <summary>The receiver, after DNAT.</summary>
    [JsonConverter(typeof(AddressConverter))]
    public required IPAddress Destination { get; init; }

    /// <summary>The IP protocol number.</summary>
    public required byte Protocol { get; init; }

    /// <summary>The source port of the first packet; 0 without ports.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>The destination port; 0 without ports. Of ICMP the type and code, as type × 256 + code.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Whether the endpoint whose policy decided was the receiver.</summary>
    public required bool Ingress { get; init; }

    /// <summary>Whether the flow was let through; for a staged policy, whether it would have been.</summary>
    public required bool Allowed { get; init; }

    /// <summary>True when a staged policy says this: nothing was enforced.</summary>
    public bool Staged { get; init; }

    /// <summary>The tier of the policy, or empty.</summary>
    public string Tier { get; init; } = "";

    /// <summary>The deciding rule, as the kernel rule's comment has it: <c>GlobalNetworkPolicy web ingress[2] allow</c>.</summary>
    public required string DecidedBy { get; init; }

    /// <summary>How many new flows of this kind there were; a refused sender that tries again counts again. 0 when in this interval connections only ended.</summary>
    public long Flows { get; init; } = 1;

    /// <summary>How many connections of this kind ended; what they carried is below.</summary>
    public long ConnectionsEnded { get; init; }

    /// <summary>Packets that those connections carried in the direction of their first packet.</summary>
    public ulong PacketsSent { get; init; }

    /// <summary>Bytes in that direction, IP headers included.</summary>
    public ulong BytesSent { get; init; }

    /// <summary>Packets in the other direction.</summary>
    public ulong PacketsReceived { get; init; }

    /// <summary>Bytes in the other direction.</summary>
    public ulong BytesReceived { get; init; }

    /// <summary>As a person would write it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(Allowed ? "allow" : "deny")} {(Staged ? "(staged) " : "")}{Protocol} {Source}:{SourcePort} → {Destination}:{DestinationPort} ×{Flows} by {DecidedBy}{Carried}");

    private string Carried => ConnectionsEnded == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
        $"; {ConnectionsEnded} ended after {PacketsSent} packets, {BytesSent} bytes sent and {PacketsReceived} packets, {BytesReceived} bytes received");
}

/// <summary>Addresses as text in JSON.</summary>
internal sealed class AddressConverter : JsonConverter<IPAddress>
{
    public override IPAddress Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) =>
        IPAddress.TryParse(reader.GetString(), out IPAddress? address) ? address : throw new System.Text.Json.JsonException("Not an IP address.");

    public override void Write(System.Text.Json.Utf8JsonWriter writer, IPAddress value, System.Text.Json.JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

/// <summary>Flow records as JSON, by generated code.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FlowRecord))]
public sealed partial class FlowRecordJson : JsonSerializerContext;
