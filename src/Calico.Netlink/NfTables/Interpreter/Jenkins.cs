using System.Buffers.Binary;
using System.Numerics;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>The kernel's hash of bytes (linux/jhash.h, after Bob Jenkins' lookup3) and its scaling to a range.</summary>
internal static class Jenkins
{
    private const uint Initial = 0xdeadbeef;

    /// <summary>reciprocal_scale(): a 32-bit number brought into 0 to less than a limit.</summary>
    public static uint Scale(uint value, uint limit) => (uint)(((ulong)value * limit) >> 32);

    public static uint Hash(ReadOnlySpan<byte> key, uint seed)
    {
        uint a, b, c;
        a = b = c = Initial + (uint)key.Length + seed;
        while (key.Length > 12)
        {
            a += Word(key);
            b += Word(key[4..]);
            c += Word(key[8..]);
            a -= c; a ^= BitOperations.RotateLeft(c, 4); c += b;
            b -= a; b ^= BitOperations.RotateLeft(a, 6); a += c;
            c -= b; c ^= BitOperations.RotateLeft(b, 8); b += a;
            a -= c; a ^= BitOperations.RotateLeft(c, 16); c += b;
            b -= a; b ^= BitOperations.RotateLeft(a, 19); a += c;
            c -= b; c ^= BitOperations.RotateLeft(b, 4); b += a;
            key = key[12..];
        }

        if (key.IsEmpty) return c;
        Span<byte> rest = stackalloc byte[12];
        rest.Clear();
        key.CopyTo(rest);
        a += BinaryPrimitives.ReadUInt32LittleEndian(rest);
        b += BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        c += BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
        c ^= b; c -= BitOperations.RotateLeft(b, 14);
        a ^= c; a -= BitOperations.RotateLeft(c, 11);
        b ^= a; b -= BitOperations.RotateLeft(a, 25);
        c ^= b; c -= BitOperations.RotateLeft(b, 16);
        a ^= c; a -= BitOperations.RotateLeft(c, 4);
        b ^= a; b -= BitOperations.RotateLeft(a, 14);
        c ^= b; c -= BitOperations.RotateLeft(b, 24);
        return c;
    }

    private static uint Word(ReadOnlySpan<byte> key) => BitConverter.ToUInt32(key);
}
