using System.Net;
using System.Text;
using Calico.Ipam.Documents;

namespace Calico.Ipam;

/// <summary>How IPAM's documents are called in the Kubernetes datastore, where they are custom resources.</summary>
public static class KubernetesNames
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The label value that blocks' affinities are found by for a host, whatever its length: base32 (RFC 4648, no padding) of the SHA3-256 of its name.</summary>
    /// <param name="host">The host's name.</param>
    public static string HostnameHash(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        byte[] hash = Sha3.Hash256(Encoding.UTF8.GetBytes(host));
        StringBuilder text = new(52);
        for (int bit = 0; bit < hash.Length * 8; bit += 5)
        {
            int octets = hash[bit / 8] << 8 | (bit / 8 + 1 < hash.Length ? hash[bit / 8 + 1] : 0);
            text.Append(Base32[(octets >> (11 - (bit % 8))) & 31]);
        }

        return text.ToString();
    }

    /// <summary>The name of an IPAMBlock: the range with <c>.</c>, <c>:</c> and <c>/</c> as <c>-</c>.</summary>
    /// <param name="cidr">The block's range.</param>
    public static string Block(IPNetwork cidr) => cidr.ToString().Replace('.', '-').Replace(':', '-').Replace('/', '-');
}
