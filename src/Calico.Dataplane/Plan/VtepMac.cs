using System.Diagnostics.CodeAnalysis;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;

namespace Calico.Dataplane.Plan;

internal static class VtepMac
{
    /// <summary>0x66 and the first five octets of SHA-1 of the node's name, with <c>-v6</c> behind it for IPv6 (felix/dataplane/linux/vxlan_mgr.go).</summary>
    [SuppressMessage("Security", "CA5350", Justification = "Calico derives addresses so; nothing is protected by it.")]
    public static PhysicalAddress Of(string node, bool v6)
    {
        byte[] digest = SHA1.HashData(Encoding.UTF8.GetBytes(v6 ? node + "-v6" : node));
        return new PhysicalAddress([0x66, .. digest[..5]]);
    }
}
