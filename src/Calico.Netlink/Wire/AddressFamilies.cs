using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>AF_* numbers of Linux as the fixed headers carry them.</summary>
internal static class AddressFamilies
{
    public const byte IPv4 = 2, Bridge = 7, IPv6 = 10;

    public static byte Number(AddressFamily? family) => family switch
    {
        null or AddressFamily.Unspecified => 0,
        AddressFamily.InterNetwork => IPv4,
        AddressFamily.InterNetworkV6 => IPv6,
        _ => throw new ArgumentException($"{family} is neither IPv4 nor IPv6.", nameof(family)),
    };

    public static byte Of(IPAddress address) => Number(address.AddressFamily);
}
