using System.Buffers.Binary;
using System.Net;

namespace Calico.Dataplane.FlowLogs;

/// <summary>A packet that a rule sent to NFLOG, read as a flow record.</summary>
internal static class LoggedPacket
{
    /// <param name="prefix">As <see cref="Compile.FlowLogGroups"/> writes it: action and mode letters, tier, owner.</param>
    /// <param name="packet">From the network header on; may be cut anywhere.</param>
    /// <param name="ingress">Which of the two groups it came from.</param>
    /// <param name="time">When.</param>
    /// <returns>Null for packets that are not ours or not IP.</returns>
    public static FlowRecord? Read(string prefix, ReadOnlySpan<byte> packet, bool ingress, DateTimeOffset time)
    {
        if (prefix.Length < 4 || prefix[2] != '|' || prefix.IndexOf('|', 3) is not (>= 3 and int bar)) return null;
        if (!TryReadHeader(packet, out IPAddress? source, out IPAddress? destination, out byte protocol, out int transport)) return null;
        ushort sourcePort = 0, destinationPort = 0;
        if (packet.Length >= transport + 4 && protocol is 6 or 17 or 132 or 136)
        {
            sourcePort = BinaryPrimitives.ReadUInt16BigEndian(packet[transport..]);
            destinationPort = BinaryPrimitives.ReadUInt16BigEndian(packet[(transport + 2)..]);
        }
        else if (packet.Length >= transport + 2 && protocol is 1 or 58) destinationPort = BinaryPrimitives.ReadUInt16BigEndian(packet[transport..]);

        return new FlowRecord
        {
            First = time,
            Last = time,
            Source = source!,
            Destination = destination!,
            Protocol = protocol,
            SourcePort = sourcePort,
            DestinationPort = destinationPort,
            Ingress = ingress,
            Allowed = prefix[0] == 'A',
            Staged = prefix[1] == 'S',
            Tier = prefix[3..bar],
            DecidedBy = prefix[(bar + 1)..],
        };
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> packet, out IPAddress? source, out IPAddress? destination, out byte protocol, out int transport)
    {
        (source, destination, protocol, transport) = (null, null, 0, 0);
        if (packet.Length >= 20 && packet[0] >> 4 == 4)
        {
            (protocol, transport) = (packet[9], (packet[0] & 15) * 4);
            (source, destination) = (new IPAddress(packet.Slice(12, 4)), new IPAddress(packet.Slice(16, 4)));
            return true;
        }

        if (packet.Length < 40 || packet[0] >> 4 != 6) return false;
        (protocol, transport) = (packet[6], 40);
        (source, destination) = (new IPAddress(packet.Slice(8, 16)), new IPAddress(packet.Slice(24, 16)));
        while (protocol is 0 or 43 or 60 && packet.Length >= transport + 8) // hop-by-hop, routing, destination options
            (protocol, transport) = (packet[transport], transport + (packet[transport + 1] + 1) * 8);
        return true;
    }
}
