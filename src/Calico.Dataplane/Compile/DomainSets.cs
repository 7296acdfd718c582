using System.Security.Cryptography;
using System.Text;
using Calico.Policy.Model;

namespace Calico.Dataplane.Compile;

/// <summary>Names the address sets that stand for lists of domain names.</summary>
internal static class DomainSets
{
    public const string Prefix = "dns:";

    public static string IdOf(EquatableArray<string> domains)
    {
        string text = string.Join(',', domains.Select(d => d.ToLowerInvariant()).Order(StringComparer.Ordinal).Distinct());
        return Prefix + Hash.Short(text);
    }
}

/// <summary>Short names made from long content.</summary>
internal static class Hash
{
    /// <summary>16 letters of base64url(SHA-256): 96 bits, letters, digits, - and _ only.</summary>
    public static string Short(string text)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);
        return Convert.ToBase64String(digest[..12]).Replace('+', '-').Replace('/', '_');
    }

    /// <summary>The first 32 bits of SHA-256.</summary>
    public static uint Number(string text)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(digest);
    }
}
