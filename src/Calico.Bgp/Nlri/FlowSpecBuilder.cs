using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>Makes a FlowSpec NLRI; components may be added in any order and are written in the order of their types, as RFC 8955 section 4.2 asks.</summary>
/// <param name="family"><see cref="Family.Ipv4FlowSpec"/> or <see cref="Family.Ipv6FlowSpec"/>.</param>
public sealed class FlowSpecBuilder(Family family)
{
    private const int Longest = 4095;
    private readonly SortedDictionary<FlowSpecType, byte[]> _components = [];

    /// <summary>Adds a destination or source prefix.</summary>
    /// <param name="type"><see cref="FlowSpecType.Destination"/> or <see cref="FlowSpecType.Source"/>.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="offset">Leading bits that are not compared (IPv6 only); less than the prefix's length.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The type is no prefix's, the prefix or the offset is not the family's, or the component is there already.</exception>
    public FlowSpecBuilder Add(FlowSpecType type, IPNetwork prefix, int offset = 0)
    {
        if (type is not (FlowSpecType.Destination or FlowSpecType.Source)) throw new ArgumentException($"{type} is no prefix.", nameof(type));
        bool v6 = family.Afi == 2;
        if ((prefix.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6) != v6) throw new ArgumentException($"{prefix} is no prefix of {family}.", nameof(prefix));
        if (offset < 0 || (offset > 0 && (!v6 || offset >= prefix.PrefixLength))) throw new ArgumentException($"The offset {offset} has to be 0, or with IPv6 less than the prefix length {prefix.PrefixLength}.", nameof(offset));
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        IpPrefix.From(prefix).WriteNetworkOrder(address);
        if (offset > 0) BinaryPrimitives.WriteUInt128BigEndian(address, BinaryPrimitives.ReadUInt128BigEndian(address) << offset);
        ReadOnlySpan<byte> octets = address[..((prefix.PrefixLength - offset + 7) / 8)];
        return Put(type, v6 ? [(byte)prefix.PrefixLength, (byte)offset, .. octets] : [(byte)prefix.PrefixLength, .. octets]);
    }

    /// <summary>Adds comparisons: true when one is, or where <see cref="FlowSpecOperator.And"/> joins several, when all those are.</summary>
    /// <param name="type">Any other type.</param>
    /// <param name="comparisons">At least one.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The type is a prefix's or not the family's, there is no comparison, or the component is there already.</exception>
    public FlowSpecBuilder Add(FlowSpecType type, params ReadOnlySpan<FlowSpecComparison> comparisons)
    {
        if (type is FlowSpecType.Destination or FlowSpecType.Source or 0 || type > (family.Afi == 2 ? FlowSpecType.FlowLabel : FlowSpecType.Fragment)) throw new ArgumentException($"{type} has no comparisons in {family}.", nameof(type));
        if (comparisons.IsEmpty) throw new ArgumentException($"{type} needs a comparison.", nameof(comparisons));
        var octets = new List<byte>();
        Span<byte> value = stackalloc byte[8];
        for (int i = 0; i < comparisons.Length; i++)
        {
            FlowSpecComparison comparison = comparisons[i];
            int size = comparison.Value switch { <= byte.MaxValue => 0, <= ushort.MaxValue => 1, <= uint.MaxValue => 2, _ => 3 };
            byte op = (byte)((byte)comparison.Operator & 0x47 | size << 4);
            if (i == 0) op &= 0xBF;
            if (i == comparisons.Length - 1) op |= 0x80;
            octets.Add(op);
            BinaryPrimitives.WriteUInt64BigEndian(value, comparison.Value);
            octets.AddRange(value[(8 - (1 << size))..]);
        }

        return Put(type, [.. octets]);
    }

    /// <summary>Writes the NLRI.</summary>
    /// <param name="output">Where to.</param>
    /// <exception cref="InvalidOperationException">The components have more than 4,095 octets.</exception>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int length = _components.Values.Sum(c => 1 + c.Length);
        if (length > Longest) throw new InvalidOperationException($"The components have {length} octets; an NLRI holds {Longest}.");
        int head = length < 0xF0 ? 1 : 2;
        Span<byte> target = output.GetSpan(head + length);
        if (head == 1) target[0] = (byte)length;
        else BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)(0xF000 | length));
        int at = head;
        foreach ((FlowSpecType type, byte[] component) in _components)
        {
            target[at++] = (byte)type;
            component.CopyTo(target[at..]);
            at += component.Length;
        }

        output.Advance(at);
    }

    private FlowSpecBuilder Put(FlowSpecType type, byte[] component) =>
        _components.TryAdd(type, component) ? this : throw new ArgumentException($"{type} is there already: a component may occur once.", nameof(type));
}
