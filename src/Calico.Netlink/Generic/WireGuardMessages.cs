using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Netlink;

/// <summary>WG_CMD_SET_DEVICE and WG_CMD_GET_DEVICE of the generic family "wireguard".</summary>
public static class WireGuardMessages
{
    /// <summary>The family's name.</summary>
    public const string FamilyName = "wireguard";

    private const byte GetDevice = 0, SetDevice = 1;
    private const int HeaderLength = 4, KeyLength = 32;
    private const ushort Index = 1, PrivateKey = 3, PublicKey = 4, Flags = 5, ListenPort = 6, Mark = 7, Peers = 8;
    private const ushort PeerPublicKey = 1, PeerPresharedKey = 2, PeerFlags = 3, PeerEndpoint = 4, PeerKeepalive = 5, PeerHandshake = 6, PeerReceived = 7, PeerSent = 8, PeerAllowed = 9;
    private const ushort AllowedFamily = 1, AllowedAddress = 2, AllowedLength = 3;
    private const uint ReplacePeers = 1, RemoveMe = 1, ReplaceAllowed = 2;
    private const int Address4Length = 16, Address6Length = 28;

    /// <summary>Sets keys and peers.</summary>
    /// <exception cref="ArgumentException">A key is not 32 bytes.</exception>
    public static void SetWireGuard(this NetlinkBatch batch, GenericFamily family, WireGuardDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        NetlinkMessageWriter message = GenericNetlink.Begin(batch, family, SetDevice);
        message.AttributeInt32(Index, device.InterfaceIndex);
        if (device.PrivateKey is { } key) message.Attribute(PrivateKey, Checked(key));
        if (device.ListenPort is ushort port) message.AttributeUInt16(ListenPort, port);
        if (device.Mark is uint mark) message.AttributeUInt32(Mark, mark);
        if (device.ReplacePeers) message.AttributeUInt32(Flags, ReplacePeers);
        if (device.Peers.Count == 0) return;
        using NetlinkNest peers = message.Nest(Peers);
        for (int i = 0; i < device.Peers.Count; i++)
        {
            using NetlinkNest nest = message.Nest((ushort)i);
            WritePeer(message, device.Peers[i]);
        }
    }

    /// <summary>Asks for keys and peers of an interface.</summary>
    public static void DumpWireGuard(this NetlinkBatch batch, GenericFamily family, int interfaceIndex) =>
        GenericNetlink.Begin(batch, family, GetDevice, NetlinkFlags.Dump).AttributeInt32(Index, interfaceIndex);

    private static void WritePeer(NetlinkMessageWriter message, WireGuardPeer peer)
    {
        message.Attribute(PeerPublicKey, Checked(peer.PublicKey));
        uint flags = (peer.Remove ? RemoveMe : 0) | (peer.AllowedIPs.Count > 0 ? ReplaceAllowed : 0);
        if (flags != 0) message.AttributeUInt32(PeerFlags, flags);
        if (peer.PresharedKey is { } preshared) message.Attribute(PeerPresharedKey, Checked(preshared));
        if (peer.Endpoint is { } endpoint) WriteEndpoint(message, endpoint);
        if (peer.PersistentKeepaliveSeconds is ushort keepalive) message.AttributeUInt16(PeerKeepalive, keepalive);
        if (peer.AllowedIPs.Count == 0) return;
        using NetlinkNest list = message.Nest(PeerAllowed);
        for (int i = 0; i < peer.AllowedIPs.Count; i++)
        {
            IPNetwork network = peer.AllowedIPs[i];
            using NetlinkNest nest = message.Nest((ushort)i);
            message.AttributeUInt16(AllowedFamily, AddressFamilies.Of(network.BaseAddress));
            message.AttributeAddress(AllowedAddress, network.BaseAddress);
            message.AttributeUInt8(AllowedLength, (byte)network.PrefixLength);
        }
    }

    // struct sockaddr_in { u16 family; be16 port; be32 addr; u8 zero[8]; }, struct sockaddr_in6 { u16 family; be16 port; be32 flow; u8 addr[16]; u32 scope; }
    private static void WriteEndpoint(NetlinkMessageWriter message, IPEndPoint endpoint)
    {
        bool v6 = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
        Span<byte> value = message.Attribute(PeerEndpoint, v6 ? Address6Length : Address4Length);
        value.Clear();
        NetlinkWire.WriteUInt16(value, AddressFamilies.Of(endpoint.Address), message.Swap);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)endpoint.Port);
        endpoint.Address.TryWriteBytes(value[(v6 ? 8 : 4)..], out _);
        if (v6 && endpoint.Address.ScopeId != 0) NetlinkWire.WriteUInt32(value[24..], (uint)endpoint.Address.ScopeId, message.Swap);
    }

    private static ReadOnlySpan<byte> Checked(ReadOnlyMemory<byte> key) =>
        key.Length == KeyLength ? key.Span : throw new ArgumentException($"A WireGuard key is {KeyLength} bytes, not {key.Length}.");

    /// <summary>Decodes one message of a dump; a device with many peers comes in several. False for bytes that are no device.</summary>
    public static bool TryDecode(in NetlinkMessage message, out WireGuardDevice device)
    {
        device = new WireGuardDevice { InterfaceIndex = 0 };
        if (message.Payload.Length < HeaderLength) return false;
        NetlinkAttributeReader attributes = message.Attributes(HeaderLength);
        while (attributes.MoveNext())
        {
            device = attributes.Type switch
            {
                Index => device with { InterfaceIndex = attributes.ReadInt32() },
                PrivateKey => device with { PrivateKey = attributes.Value.ToArray() },
                PublicKey => device with { PublicKey = attributes.Value.ToArray() },
                ListenPort => device with { ListenPort = attributes.ReadUInt16() },
                Mark => device with { Mark = attributes.ReadUInt32() },
                Flags => device with { ReplacePeers = (attributes.ReadUInt32() & ReplacePeers) != 0 },
                Peers => device with { Peers = ReadPeers(attributes.Nested()) },
                _ => device,
            };
        }

        return !attributes.IsMalformed;
    }

    private static List<WireGuardPeer> ReadPeers(NetlinkAttributeReader list)
    {
        List<WireGuardPeer> peers = [];
        while (list.MoveNext())
        {
            WireGuardPeer peer = new() { PublicKey = default };
            NetlinkAttributeReader attributes = list.Nested();
            while (attributes.MoveNext()) peer = TakePeer(peer, ref attributes);
            peers.Add(peer);
        }

        return peers;
    }

    private static WireGuardPeer TakePeer(WireGuardPeer peer, ref NetlinkAttributeReader attribute) => attribute.Type switch
    {
        PeerPublicKey => peer with { PublicKey = attribute.Value.ToArray() },
        PeerPresharedKey => peer with { PresharedKey = attribute.Value.ToArray() },
        PeerFlags => peer with { Remove = (attribute.ReadUInt32() & RemoveMe) != 0 },
        PeerEndpoint => peer with { Endpoint = ReadEndpoint(attribute) },
        PeerKeepalive => peer with { PersistentKeepaliveSeconds = attribute.ReadUInt16() },
        PeerHandshake when attribute.ReadUInt64At(0) is > 0 and < 253_402_300_799 and ulong seconds => peer with { LastHandshake = DateTimeOffset.FromUnixTimeSeconds((long)seconds) },
        PeerReceived => peer with { ReceivedBytes = attribute.ReadUInt64() },
        PeerSent => peer with { SentBytes = attribute.ReadUInt64() },
        PeerAllowed => peer with { AllowedIPs = ReadAllowed(attribute.Nested()) },
        _ => peer,
    };

    private static IPEndPoint? ReadEndpoint(NetlinkAttributeReader attribute) => attribute.Value.Length switch
    {
        Address4Length => new IPEndPoint(new IPAddress(attribute.Value.Slice(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(attribute.Value[2..])),
        Address6Length => new IPEndPoint(new IPAddress(attribute.Value.Slice(8, 16), attribute.ReadUInt32At(24)), BinaryPrimitives.ReadUInt16BigEndian(attribute.Value[2..])),
        _ => null,
    };

    private static List<IPNetwork> ReadAllowed(NetlinkAttributeReader list)
    {
        List<IPNetwork> networks = [];
        while (list.MoveNext())
        {
            (IPAddress? address, int length) = (null, 0);
            NetlinkAttributeReader attributes = list.Nested();
            while (attributes.MoveNext())
            {
                if (attributes.Type == AllowedAddress) address = attributes.ReadAddress();
                else if (attributes.Type == AllowedLength) length = attributes.ReadUInt8();
            }

            if (address is not null && length <= (address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)) networks.Add(IpPrefix.From(address, length).ToIPNetwork());
        }

        return networks;
    }
}
