using System.Net;

namespace Calico.Netlink;

/// <summary>A peer of a WireGuard interface (linux/wireguard.h, WGPEER_A_*).</summary>
public sealed record WireGuardPeer
{
    /// <summary>Its public key: 32 bytes.</summary>
    public required ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>The pre-shared key: 32 bytes; null to leave it.</summary>
    public ReadOnlyMemory<byte>? PresharedKey { get; init; }

    /// <summary>Where it is reached; null to leave it.</summary>
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>Seconds between keep-alive packets, 0 for none; null to leave it.</summary>
    public ushort? PersistentKeepaliveSeconds { get; init; }

    /// <summary>The addresses behind it; when set they replace the old ones.</summary>
    public IReadOnlyList<IPNetwork> AllowedIPs { get; init; } = [];

    /// <summary>True to remove the peer.</summary>
    public bool Remove { get; init; }

    /// <summary>Bytes received from it. Set by the kernel.</summary>
    public ulong ReceivedBytes { get; init; }

    /// <summary>Bytes sent to it. Set by the kernel.</summary>
    public ulong SentBytes { get; init; }

    /// <summary>The last handshake, or null if there was none. Set by the kernel.</summary>
    public DateTimeOffset? LastHandshake { get; init; }
}

/// <summary>Keys and peers of a WireGuard interface (linux/wireguard.h, WGDEVICE_A_*).</summary>
public sealed record WireGuardDevice
{
    /// <summary>Index of the interface.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>Its private key: 32 bytes; null to leave it.</summary>
    public ReadOnlyMemory<byte>? PrivateKey { get; init; }

    /// <summary>Its public key. Set by the kernel.</summary>
    public ReadOnlyMemory<byte>? PublicKey { get; init; }

    /// <summary>UDP port it listens on, 0 for any; null to leave it.</summary>
    public ushort? ListenPort { get; init; }

    /// <summary>Mark of its packets, 0 for none; null to leave it.</summary>
    public uint? Mark { get; init; }

    /// <summary>The peers to set.</summary>
    public IReadOnlyList<WireGuardPeer> Peers { get; init; } = [];

    /// <summary>True when peers that are not listed are removed.</summary>
    public bool ReplacePeers { get; init; }
}
