using System.Buffers.Binary;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>One component of a FlowSpec NLRI.</summary>
public readonly ref struct FlowSpecComponent
{
    private readonly IpPrefix _prefix;

    internal FlowSpecComponent(FlowSpecType type, ReadOnlySpan<byte> value, IpPrefix prefix, int offset)
    {
        Type = type;
        Value = value;
        _prefix = prefix;
        Offset = offset;
    }

    /// <summary>The type.</summary>
    public FlowSpecType Type { get; }

    /// <summary>What follows the type octet, in wire form.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Whether the component is a prefix; others are comparisons.</summary>
    public bool IsPrefix => Type is FlowSpecType.Destination or FlowSpecType.Source;

    /// <summary>Whether the comparisons are of bits instead of numbers.</summary>
    public bool IsBitmask => Type is FlowSpecType.TcpFlags or FlowSpecType.Fragment;

    /// <summary>Leading bits of the prefix that are not compared (IPv6 only, RFC 8956 section 3.1); 0 otherwise.</summary>
    public int Offset { get; }

    /// <summary>Length of the prefix in bits, those before <see cref="Offset"/> included.</summary>
    public int PrefixLength => _prefix.Length;

    /// <summary>The prefix; bits before <see cref="Offset"/> are zero.</summary>
    /// <returns>A new object; null when the component is no prefix.</returns>
    public System.Net.IPNetwork? ToIPNetwork() => IsPrefix ? _prefix.ToIPNetwork() : null;

    internal IpPrefix Prefix => _prefix;

    /// <summary>Walks the comparisons of a component that is no prefix.</summary>
    /// <returns>A reader at the first.</returns>
    public FlowSpecComparisonReader ReadComparisons() => new(IsPrefix ? default : Value);
}

/// <summary>Walks the comparisons of a component.</summary>
public ref struct FlowSpecComparisonReader
{
    private ReadOnlySpan<byte> _rest;

    internal FlowSpecComparisonReader(ReadOnlySpan<byte> value) => _rest = value;

    /// <summary>Takes the next comparison.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <returns>False at the end.</returns>
    public bool TryRead(out FlowSpecComparison comparison)
    {
        comparison = default;
        if (_rest.IsEmpty) return false;
        int length = FlowSpecNlri.ValueLength(_rest[0]);
        ulong value = 0;
        foreach (byte octet in _rest.Slice(1, length)) value = value << 8 | octet;
        comparison = new FlowSpecComparison((FlowSpecOperator)(_rest[0] & 0x47), value);
        _rest = _rest[(1 + length)..];
        return true;
    }
}

/// <summary>Walks the components of a FlowSpec NLRI (RFC 8955, 8956) in place; checks order, lengths and ends on the way.</summary>
public ref struct FlowSpecNlri
{
    private readonly bool _v6;
    private ReadOnlySpan<byte> _rest;
    private FlowSpecType _last;

    private FlowSpecNlri(Family family, ReadOnlySpan<byte> components)
    {
        _v6 = family.Afi == 2;
        _rest = components;
    }

    /// <summary>Whether the walk ended at octets that are no component, or at one out of order.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Starts at the first component; <see cref="TryRead"/> takes them.</summary>
    /// <param name="nlri">An NLRI of a FlowSpec family.</param>
    /// <param name="rule">The walk; valid as long as the NLRI is.</param>
    /// <returns>False when the family is another, or the length is wrong.</returns>
    public static bool TryBegin(in Nlri nlri, out FlowSpecNlri rule)
    {
        rule = default;
        if (nlri.Family.Afi is not (1 or 2) || nlri.Family.Safi != 133 || nlri.Octets.IsEmpty) return false;
        int head = nlri.Octets[0] < 0xF0 ? 1 : 2;
        if (nlri.Octets.Length < head) return false;
        rule = new FlowSpecNlri(nlri.Family, nlri.Octets[head..]);
        return true;
    }

    /// <summary>Takes the next component.</summary>
    /// <param name="component">The component; valid as long as the NLRI is.</param>
    /// <returns>False at the end, or when the rest is malformed.</returns>
    public bool TryRead(out FlowSpecComponent component)
    {
        component = default;
        if (_rest.IsEmpty) return false;
        var type = (FlowSpecType)_rest[0];
        ReadOnlySpan<byte> after = _rest[1..];
        if (type <= _last || type > (_v6 ? FlowSpecType.FlowLabel : FlowSpecType.Fragment)) return Fail();
        IpPrefix prefix = default;
        int offset = 0;
        int length = type is FlowSpecType.Destination or FlowSpecType.Source ? PrefixOctets(after, out prefix, out offset) : ComparisonOctets(after);
        if (length < 0) return Fail();
        component = new FlowSpecComponent(type, after[..length], prefix, offset);
        _last = type;
        _rest = after[length..];
        return true;
    }

    private bool Fail()
    {
        IsMalformed = true;
        _rest = default;
        return false;
    }

    /// <summary>Octets of the prefix with its lengths; -1 when it is malformed.</summary>
    private readonly int PrefixOctets(ReadOnlySpan<byte> value, out IpPrefix prefix, out int offset)
    {
        prefix = default;
        offset = 0;
        int head = _v6 ? 2 : 1;
        if (value.Length < head) return -1;
        int length = value[0];
        offset = _v6 ? value[1] : 0;
        if (length > (_v6 ? 128 : 32) || (offset >= length && !(offset == 0 && length == 0))) return -1;
        int octets = (length - offset + 7) / 8;
        if (value.Length < head + octets) return -1;
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        value.Slice(head, octets).CopyTo(address);
        if (_v6 && offset > 0) ShiftRight(address, offset);
        prefix = IpPrefix.FromNetworkOrder(address[..(_v6 ? 16 : 4)], length);
        return head + octets;
    }

    /// <summary>RFC 8956 section 3.1: the pattern starts after the bits that are skipped.</summary>
    private static void ShiftRight(Span<byte> address, int bits)
    {
        UInt128 value = BinaryPrimitives.ReadUInt128BigEndian(address);
        BinaryPrimitives.WriteUInt128BigEndian(address, value >> bits);
    }

    private static int ComparisonOctets(ReadOnlySpan<byte> value)
    {
        int at = 0;
        while (at < value.Length)
        {
            byte op = value[at];
            at += 1 + ValueLength(op);
            if (at > value.Length) return -1;
            if ((op & 0x80) != 0) return at;
        }

        return -1;
    }

    internal static int ValueLength(byte op) => 1 << (op >> 4 & 3);
}
