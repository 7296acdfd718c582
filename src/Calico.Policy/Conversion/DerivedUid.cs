namespace Calico.Policy.Conversion;

/// <summary>The id of an object made from another: Calico reverses the bits of each octet, apart from those that hold a UUID's version and variant.</summary>
internal static class DerivedUid
{
    public static string? Of(string? uid)
    {
        if (!Guid.TryParse(uid, out Guid parsed)) return null;
        Span<byte> octets = stackalloc byte[16];
        parsed.TryWriteBytes(octets, bigEndian: true, out _);
        for (int i = 0; i < octets.Length; i++)
        {
            if (i is not (6 or 8)) octets[i] = Reverse(octets[i]);
        }

        return new Guid(octets, bigEndian: true).ToString();
    }

    private static byte Reverse(byte value)
    {
        int reversed = 0;
        for (int bit = 0; bit < 8; bit++) reversed |= (value >> bit & 1) << (7 - bit);
        return (byte)reversed;
    }
}
