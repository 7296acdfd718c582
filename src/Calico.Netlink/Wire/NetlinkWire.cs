using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Calico.Netlink;

/// <summary>Alignment, and integers in the host's order or, for other machines' bytes, swapped.</summary>
internal static class NetlinkWire
{
    public const int AttributeHeaderLength = 4;
    public const ushort NestedFlag = 0x8000;
    public const ushort NetworkOrderFlag = 0x4000;
    public const ushort TypeMask = 0x3fff;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Align(int length) => (length + 3) & ~3;

    public static bool MustSwap(NetlinkByteOrder order) => order switch
    {
        NetlinkByteOrder.LittleEndian => !BitConverter.IsLittleEndian,
        NetlinkByteOrder.BigEndian => BitConverter.IsLittleEndian,
        _ => false,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ReadUInt16(ReadOnlySpan<byte> source, bool swap)
    {
        ushort value = MemoryMarshal.Read<ushort>(source);
        return swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ReadUInt32(ReadOnlySpan<byte> source, bool swap)
    {
        uint value = MemoryMarshal.Read<uint>(source);
        return swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ReadUInt64(ReadOnlySpan<byte> source, bool swap)
    {
        ulong value = MemoryMarshal.Read<ulong>(source);
        return swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteUInt16(Span<byte> destination, ushort value, bool swap) =>
        MemoryMarshal.Write(destination, swap ? BinaryPrimitives.ReverseEndianness(value) : value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteUInt32(Span<byte> destination, uint value, bool swap) =>
        MemoryMarshal.Write(destination, swap ? BinaryPrimitives.ReverseEndianness(value) : value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteUInt64(Span<byte> destination, ulong value, bool swap) =>
        MemoryMarshal.Write(destination, swap ? BinaryPrimitives.ReverseEndianness(value) : value);
}
