using System.Buffers.Binary;
using System.Globalization;

namespace Calico.Bgp;

/// <summary>One entry of a label stack in an NLRI: 3 octets (RFC 8277 section 2.2).</summary>
/// <param name="Value">The label, 0 to 1048575.</param>
/// <param name="TrafficClass">3 bits that receivers pass over; 0.</param>
/// <param name="IsBottom">Whether it is the last of its stack.</param>
public readonly record struct MplsLabel(uint Value, byte TrafficClass = 0, bool IsBottom = true)
{
    /// <summary>Octets of an entry.</summary>
    public const int Length = 3;

    /// <summary>The entry 0x800000 that stands in withdrawals in the place of labels (RFC 8277 section 2.4).</summary>
    public static MplsLabel Withdrawn { get; } = new(0x80000, 0, IsBottom: false);

    internal static MplsLabel Read(ReadOnlySpan<byte> octets)
    {
        uint value = (uint)(octets[0] << 16 | octets[1] << 8 | octets[2]);
        return new MplsLabel(value >> 4, (byte)(value >> 1 & 7), (value & 1) != 0);
    }

    internal void Write(Span<byte> destination)
    {
        uint value = Value << 4 | (uint)TrafficClass << 1 | (IsBottom ? 1u : 0);
        (destination[0], destination[1], destination[2]) = ((byte)(value >> 16), (byte)(value >> 8), (byte)value);
    }

    /// <summary>The label.</summary>
    /// <returns>For example <c>16</c>.</returns>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Walks a label stack, top first.</summary>
public ref struct MplsLabelReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts at the top.</summary>
    /// <param name="stack">The entries in wire form.</param>
    public MplsLabelReader(ReadOnlySpan<byte> stack) => _rest = stack;

    /// <summary>Takes the next label.</summary>
    /// <param name="label">The label.</param>
    /// <returns>False at the end.</returns>
    public bool TryRead(out MplsLabel label)
    {
        label = default;
        if (_rest.Length < MplsLabel.Length) return false;
        label = MplsLabel.Read(_rest);
        _rest = _rest[MplsLabel.Length..];
        return true;
    }
}
