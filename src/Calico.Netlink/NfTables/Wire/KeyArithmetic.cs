namespace Calico.Netlink.NfTables.Wire;

/// <summary>Keys as big-endian numbers of any length.</summary>
internal static class KeyArithmetic
{
    /// <summary>Adds one; false (and all zero) when every bit was set.</summary>
    public static bool TryIncrement(Span<byte> key)
    {
        for (int i = key.Length - 1; i >= 0; i--)
            if (++key[i] != 0) return true;
        return false;
    }

    /// <summary>Takes one away; false (and all ones) when it was zero.</summary>
    public static bool TryDecrement(Span<byte> key)
    {
        for (int i = key.Length - 1; i >= 0; i--)
            if (key[i]-- != 0) return true;
        return false;
    }

    public static NftValue Increment(in NftValue key)
    {
        Span<byte> bytes = stackalloc byte[NftValue.MaxLength];
        key.Span.CopyTo(bytes);
        TryIncrement(bytes[..key.Length]);
        return new NftValue(bytes[..key.Length]);
    }

    public static NftValue Decrement(in NftValue key)
    {
        Span<byte> bytes = stackalloc byte[NftValue.MaxLength];
        key.Span.CopyTo(bytes);
        TryDecrement(bytes[..key.Length]);
        return new NftValue(bytes[..key.Length]);
    }
}
