using System.Buffers.Text;
using System.Text;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>Calico's ids: <c>prefix:</c> and the unpadded base64url SHA-224 of <c>prefix:content</c> (libcalico-go/lib/hash).</summary>
#if CALICO_POLICY
public
#else
[Embedded]
internal
#endif
static class UniqueIds
{
    /// <summary>The id of some content, unique for all practical purposes and the same on every machine.</summary>
    public static string Make(string prefix, string content)
    {
        Span<byte> digest = stackalloc byte[Sha224.Length];
        Sha224.Hash(Encoding.UTF8.GetBytes($"{prefix}:{content}"), digest);
        return $"{prefix}:{Base64Url.EncodeToString(digest)}";
    }
}
