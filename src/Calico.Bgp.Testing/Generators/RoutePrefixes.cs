using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;

namespace Calico.Bgp.Testing;

/// <summary>Generators of prefixes.</summary>
public static class RoutePrefixes
{
    /// <summary>Prefixes of a family, of all lengths; lengths seen on the Internet are more frequent.</summary>
    /// <param name="family"><see cref="Family.Ipv4Unicast"/> or <see cref="Family.Ipv6Unicast"/>.</param>
    /// <returns>The generator; it never makes host bits.</returns>
    public static Gen<IPNetwork> Of(Family family) => SeededGen.From((random, _) => Next(random, family));

    /// <summary>Shorter prefixes that contain it, and the same length nearer to zero.</summary>
    /// <param name="prefix">What to shrink.</param>
    /// <returns>Simpler prefixes of the same family.</returns>
    public static IEnumerable<IPNetwork> Shrink(IPNetwork prefix)
    {
        byte[] octets = prefix.BaseAddress.GetAddressBytes();
        if (prefix.PrefixLength > 0) yield return Masked(octets, 0);
        if (prefix.PrefixLength > 1) yield return Masked(octets, prefix.PrefixLength / 2);
        if (prefix.PrefixLength > 2) yield return Masked(octets, prefix.PrefixLength - 1);
        for (int i = octets.Length - 1; i >= 0; i--)
        {
            if (octets[i] == 0) continue;
            byte[] simpler = [.. octets];
            simpler[i] = 0;
            yield return Masked(simpler, prefix.PrefixLength);
        }
    }

    internal static IPNetwork Next(Random random, Family family)
    {
        var octets = new byte[family.Afi == 1 ? 4 : 16];
        random.NextBytes(octets);
        int usual = family.Afi == 1 ? random.Next(8, 25) : random.Next(19, 65);
        return Masked(octets, random.Next(4) == 0 ? random.Next(octets.Length * 8 + 1) : usual);
    }

    private static IPNetwork Masked(byte[] octets, int length)
    {
        var masked = new byte[octets.Length];
        for (int i = 0; i < masked.Length; i++)
        {
            int bits = Math.Clamp(length - i * 8, 0, 8);
            masked[i] = (byte)(octets[i] & (0xFF00 >> bits));
        }

        return new IPNetwork(new IPAddress(masked), length);
    }

    internal static Family FamilyOf(IPNetwork prefix) =>
        prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? Family.Ipv4Unicast : Family.Ipv6Unicast;
}
