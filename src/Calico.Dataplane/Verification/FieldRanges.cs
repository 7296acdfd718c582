using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Calico.Net;
using Calico.Netlink.NfTables;
using Calico.Policy.Analysis;
using Calico.Policy.Model;

namespace Calico.Dataplane.Verification;

/// <summary>Ranges of a field's values, as cuts of a space of flows.</summary>
internal static class FieldRanges
{
    /// <summary>Tells values in the ranges from the others.</summary>
    public static void Cut(FlowSpaceBuilder space, PacketField field, IEnumerable<(NftValue First, NftValue Last)> ranges)
    {
        switch (field)
        {
            case PacketField.Source or PacketField.Destination:
                space.AddAddresses(ranges.SelectMany(r => Prefixes(r.First, r.Last)));
                break;
            case PacketField.Protocol:
                foreach ((NftValue first, NftValue last) in ranges)
                {
                    for (int protocol = first.Span[0]; protocol <= last.Span[0]; protocol++) space.AddProtocol(new IpProtocol((byte)protocol));
                }

                break;
            case PacketField.SourcePort:
                foreach ((NftValue first, NftValue last) in ranges) space.AddSourcePorts(Ports(first, last));
                break;
            case PacketField.DestinationPort:
                foreach ((NftValue first, NftValue last) in ranges) space.AddDestinationPorts(Ports(first, last));
                break;
            case PacketField.IcmpType or PacketField.IcmpCode:
                foreach ((NftValue first, NftValue last) in ranges)
                {
                    for (int value = first.Span[0]; value <= last.Span[0]; value++)
                        space.AddIcmp(field == PacketField.IcmpType ? new IcmpMatch((byte)value) : new IcmpMatch(null, (byte)value));
                }

                break;
        }
    }

    /// <summary>Tells values of one field of a set's key apart where what the set answers differs, whatever the other fields are.</summary>
    public static void Cut(FlowSpaceBuilder space, PacketField field, NftSet set, int offset, int length)
    {
        Dictionary<(NftValue, NftValue, NftValue, NftVerdict?), List<(NftValue, NftValue)>> answers = [];
        foreach (NftElement element in set.Elements)
        {
            if (element.IsCatchAll) continue;
            NftValue last = element.KeyEnd.IsEmpty ? element.Key : element.KeyEnd;
            ref List<(NftValue, NftValue)>? ranges = ref CollectionsMarshal.GetValueRefOrAddDefault(
                answers, (Without(element.Key, offset, length), Without(last, offset, length), element.Data, element.Verdict), out _);
            (ranges ??= []).Add((Slice(element.Key, offset, length), Slice(last, offset, length)));
        }

        foreach (List<(NftValue, NftValue)> ranges in answers.Values) Cut(space, field, ranges);
    }

    public static byte[] Ones(int length)
    {
        byte[] ones = new byte[length];
        Array.Fill(ones, (byte)255);
        return ones;
    }

    public static IPNetwork Prefix(NftValue address, int length) => IpPrefix.FromNetworkOrder(address.Span, length).ToIPNetwork();

    private static PortRange Ports(NftValue first, NftValue last) => new(BinaryPrimitives.ReadUInt16BigEndian(first.Span), BinaryPrimitives.ReadUInt16BigEndian(last.Span));

    private static NftValue Slice(NftValue key, int offset, int length) => new(key.Span.Slice(offset, length));

    private static NftValue Without(NftValue key, int offset, int length)
    {
        byte[] bytes = key.ToArray();
        bytes.AsSpan(offset, length).Clear();
        return new NftValue(bytes);
    }

    /// <summary>The fewest prefixes that hold just the addresses from first to last.</summary>
    private static IEnumerable<IPNetwork> Prefixes(NftValue first, NftValue last)
    {
        int bits = first.Length * 8;
        UInt128 from = first.ToNetworkOrderNumber(), to = last.ToNetworkOrderNumber();
        while (true)
        {
            int free = from == 0 ? bits : Math.Min(bits, (int)UInt128.TrailingZeroCount(from));
            while (free > 0 && (free == 128 ? UInt128.MaxValue : (UInt128.One << free) - 1) > to - from) free--;
            yield return IpPrefix.FromBits(from << 128 - bits, bits - free, bits == 128).ToIPNetwork();
            UInt128 end = from + (free == 128 ? UInt128.MaxValue : (UInt128.One << free) - 1);
            if (end >= to) yield break;
            from = end + 1;
        }
    }
}
