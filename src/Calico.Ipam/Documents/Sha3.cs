using System.Buffers.Binary;
using System.Numerics;

namespace Calico.Ipam.Documents;

/// <summary>SHA3-256 (FIPS 202): not every platform's cryptography has it.</summary>
internal static class Sha3
{
    private const int Rate = 136;

    private static readonly int[] Rotations = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];
    private static readonly int[] Lanes = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

    public static byte[] Hash256(ReadOnlySpan<byte> data)
    {
        Span<ulong> state = stackalloc ulong[25];
        state.Clear();
        while (data.Length >= Rate)
        {
            Absorb(state, data[..Rate]);
            data = data[Rate..];
        }

        Span<byte> last = stackalloc byte[Rate];
        last.Clear();
        data.CopyTo(last);
        last[data.Length] = 0x06;
        last[Rate - 1] |= 0x80;
        Absorb(state, last);
        byte[] hash = new byte[32];
        for (int i = 0; i < 4; i++) BinaryPrimitives.WriteUInt64LittleEndian(hash.AsSpan(8 * i), state[i]);
        return hash;
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (int i = 0; i < Rate / 8; i++) state[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(8 * i)..]);
        byte register = 1;
        Span<ulong> parity = stackalloc ulong[5];
        for (int round = 0; round < 24; round++)
        {
            for (int x = 0; x < 5; x++) parity[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
            for (int x = 0; x < 5; x++)
            {
                ulong theta = parity[(x + 4) % 5] ^ BitOperations.RotateLeft(parity[(x + 1) % 5], 1);
                for (int y = 0; y < 25; y += 5) state[y + x] ^= theta;
            }

            ulong carried = state[1];
            for (int i = 0; i < 24; i++) (state[Lanes[i]], carried) = (BitOperations.RotateLeft(carried, Rotations[i]), state[Lanes[i]]);
            for (int y = 0; y < 25; y += 5)
            {
                for (int x = 0; x < 5; x++) parity[x] = state[y + x];
                for (int x = 0; x < 5; x++) state[y + x] = parity[x] ^ (~parity[(x + 1) % 5] & parity[(x + 2) % 5]);
            }

            // The round constants' bits come from a linear feedback shift register.
            for (int bit = 0; bit < 7; bit++)
            {
                if ((register & 1) != 0) state[0] ^= 1UL << ((1 << bit) - 1);
                register = (byte)((register << 1) ^ ((register >> 7) * 0x71));
            }
        }
    }
}
