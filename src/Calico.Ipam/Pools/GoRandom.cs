using System.Numerics;

namespace Calico.Ipam.Pools;

/// <summary>Go's seeded <c>math/rand</c> (additive lagged Fibonacci, lags 607 and 273) and <c>big.Int.Rand</c> on it, bit for bit.</summary>
internal sealed class GoRandom
{
    private const int Length = 607;
    private const int Tap = 273;
    private const int SeedModulus = int.MaxValue;

    private readonly ulong[] _state = new ulong[Length];
    private int _tap;
    private int _feed = Length - Tap;

    public GoRandom(long seed)
    {
        seed %= SeedModulus;
        if (seed < 0) seed += SeedModulus;
        if (seed == 0) seed = 89482311;
        int x = (int)seed;
        for (int i = 0; i < 20; i++) x = NextSeed(x);
        for (int i = 0; i < Length; i++)
        {
            x = NextSeed(x);
            ulong mixed = (ulong)x << 40;
            x = NextSeed(x);
            mixed ^= (ulong)x << 20;
            x = NextSeed(x);
            _state[i] = mixed ^ (ulong)x ^ GoRandomState.Values[i];
        }
    }

    public ulong NextUInt64()
    {
        _tap = _tap == 0 ? Length - 1 : _tap - 1;
        _feed = _feed == 0 ? Length - 1 : _feed - 1;
        return _state[_feed] += _state[_tap];
    }

    public uint NextUInt32() => (uint)((NextUInt64() & long.MaxValue) >> 31);

    /// <summary>A number below <paramref name="limit"/>, drawn in words of 64 bits until one is below.</summary>
    public BigInteger Next(BigInteger limit)
    {
        int bits = (int)limit.GetBitLength();
        if (bits == 0) return BigInteger.Zero;
        ulong[] words = new ulong[(bits + 63) / 64];
        ulong topMask = bits % 64 == 0 ? ulong.MaxValue : (1UL << (bits % 64)) - 1;
        while (true)
        {
            for (int i = 0; i < words.Length; i++) words[i] = NextUInt32() | ((ulong)NextUInt32() << 32);
            words[^1] &= topMask;
            BigInteger drawn = BigInteger.Zero;
            for (int i = words.Length - 1; i >= 0; i--) drawn = (drawn << 64) | words[i];
            if (drawn < limit) return drawn;
        }
    }

    // Park and Miller's x·48271 mod 2^31−1 without overflow, as Schrage has it.
    private static int NextSeed(int x)
    {
        x = 48271 * (x % 44488) - 3399 * (x / 44488);
        return x < 0 ? x + SeedModulus : x;
    }
}
