using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Calico.Netlink;

namespace Calico.Lab.Changes;

/// <summary>Destroys TCP connections in the kernel, as a failing link or a crash would (sock_diag(7), SOCK_DESTROY; linux/inet_diag.h).</summary>
internal static class ConnectionKiller
{
    private const NetlinkProtocol SockDiag = (NetlinkProtocol)4;
    private const ushort SockDiagByFamily = 20, SockDestroy = 21;
    private const uint Established = 1 << 1;
    private const int IdLength = 48, MessageIdOffset = 4;
    private const ushort BgpPort = 179;

    /// <summary>Ends the established BGP connections of a namespace with <paramref name="peer"/>.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="NetlinkException">The kernel was built without CONFIG_INET_DIAG_DESTROY (EOPNOTSUPP).</exception>
    public static async Task<int> EndBgpSessionsAsync(NetworkNamespace where, IPAddress peer, CancellationToken cancellation)
    {
        using NetlinkConnection connection = Open(where);
        byte family = FamilyOf(peer);
        List<byte[]> found = await FindAsync(connection, peer, cancellation);
        NetlinkBatch destroy = new();
        foreach (byte[] id in found) WriteRequest(destroy.Begin(SockDestroy, NetlinkFlags.Ack), family, id);
        if (found.Count > 0) (await connection.SendAsync(destroy, cancellationToken: cancellation)).ThrowIfFailed();
        return found.Count;
    }

    /// <summary>The established BGP connections of a namespace with <paramref name="peer"/>.</summary>
    public static async Task<int> CountBgpSessionsAsync(NetworkNamespace where, IPAddress peer, CancellationToken cancellation)
    {
        using NetlinkConnection connection = Open(where);
        return (await FindAsync(connection, peer, cancellation)).Count;
    }

    private static NetlinkConnection Open(NetworkNamespace where) =>
        NetlinkConnection.Open(SockDiag, new NetlinkConnectionOptions { Namespace = where, StrictChecking = false });

    private static byte FamilyOf(IPAddress peer) => (byte)(peer.AddressFamily == AddressFamily.InterNetworkV6 ? 10 : 2);

    private static async Task<List<byte[]>> FindAsync(NetlinkConnection connection, IPAddress peer, CancellationToken cancellation)
    {
        NetlinkBatch dump = new();
        WriteRequest(dump.Begin(SockDiagByFamily, NetlinkFlags.Dump), FamilyOf(peer), new byte[IdLength]);
        List<byte[]> found = [];
        await connection.DumpAsync(dump, (int _, in NetlinkMessage message) =>
        {
            if (message.Payload.Length < MessageIdOffset + IdLength) return;
            ReadOnlySpan<byte> id = message.Payload.Slice(MessageIdOffset, IdLength);
            if (IsBgpWith(id, peer)) found.Add(id.ToArray());
        }, found.Clear, cancellation);
        return found;
    }

    // struct inet_diag_req_v2: family, protocol, extensions, padding, states, struct inet_diag_sockid.
    private static void WriteRequest(NetlinkMessageWriter message, byte family, ReadOnlySpan<byte> id)
    {
        message.PutUInt8(family);
        message.PutUInt8((byte)ProtocolType.Tcp);
        message.PutUInt16(0);
        message.PutUInt32(Established);
        message.Put(id);
    }

    private static bool IsBgpWith(ReadOnlySpan<byte> id, IPAddress peer)
    {
        ushort source = BinaryPrimitives.ReadUInt16BigEndian(id), destination = BinaryPrimitives.ReadUInt16BigEndian(id[2..]);
        if (source != BgpPort && destination != BgpPort) return false;
        ReadOnlySpan<byte> remote = id.Slice(20, peer.AddressFamily == AddressFamily.InterNetworkV6 ? 16 : 4);
        return new IPAddress(remote).Equals(peer);
    }
}
