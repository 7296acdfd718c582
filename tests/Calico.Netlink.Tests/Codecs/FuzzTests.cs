using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Wire;
using Calico.Netlink.Tests.NfTables;

namespace Calico.Netlink.Tests;

/// <summary>Mutated messages through every decoder: none throws, none allocates beyond what the bytes could hold. CALICO_FUZZ=N sets the number of mutations.</summary>
public sealed class FuzzTests
{
    private const int DefaultMutations = 60_000;
    private const int AllocationPerByte = 400;
    private const int MaximumLength = 4096;

    private static readonly Queue<NftEvent> Events = new();

    [Fact]
    public void No_decoder_minds_what_it_is_given()
    {
        long mutations = long.TryParse(Environment.GetEnvironmentVariable("CALICO_FUZZ"), CultureInfo.InvariantCulture, out long wanted) ? wanted : DefaultMutations;
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[][] seeds = [.. Seeds(), .. AnyBytesTests.Originals().Where(m => m.Length <= MaximumLength)];
        byte[] buffer = new byte[MaximumLength];
        foreach (byte[] whole in seeds) DecodeAll(whole); // tables that are made once do not count
        for (long i = 0; i < mutations; i++)
        {
            int length = Mutate(seeds, buffer, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                DecodeAll(buffer.AsSpan(0, length));
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, mutation {i}: {Convert.ToHexString(buffer.AsSpan(0, length))}\n{e}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= 60_000 + (long)length * AllocationPerByte, $"seed {seed}, mutation {i}: {allocated} bytes for {length}: {Convert.ToHexString(buffer.AsSpan(0, length))}");
        }
    }

    private static int Mutate(byte[][] seeds, byte[] buffer, Random random)
    {
        byte[] seed = seeds[random.Next(seeds.Length)];
        seed.CopyTo(buffer, 0);
        int length = seed.Length;
        for (int edits = random.Next(1, 6); edits > 0; edits--)
        {
            int at = random.Next(length);
            switch (random.Next(5))
            {
                case 0: buffer[at] = (byte)random.Next(256); break;
                case 1: buffer[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: BitConverter.TryWriteBytes(buffer.AsSpan(at & ~3, 2), (ushort)random.Next(random.Next(2) == 0 ? 70 : 65_536)); break;
                case 3: length = Math.Max(1, random.Next(length + 1)); break;
                default: buffer.AsSpan(at, Math.Min(4, length - at)).Fill(random.Next(2) == 0 ? (byte)0xff : (byte)0); break;
            }
        }

        // Mostly keep the outer frame whole, so that the inner ones are reached.
        if (length >= 16 && random.Next(10) != 0) BitConverter.TryWriteBytes(buffer.AsSpan(), length);
        return length;
    }

    private static void DecodeAll(ReadOnlySpan<byte> datagram)
    {
        foreach (NetlinkMessage message in new NetlinkMessageReader(datagram))
        {
            Route.TryDecode(message, out _);
            Link.TryDecode(message, out _);
            InterfaceAddress.TryDecode(message, out _);
            RoutingRule.TryDecode(message, out _);
            Neighbour.TryDecode(message, out _);
            Nexthop.TryDecode(message, out _);
            TrackedFlow.TryDecode(message, out _);
            ConntrackExpectation.TryDecode(message, out _);
            NflogPacket.TryDecode(message, out _);
            IpSetMessages.TryDecode(message, out _);
            IpSetMessages.TryDecodeRevision(message, out _);
            GenericNetlink.TryDecode(message, out _);
            WireGuardMessages.TryDecode(message, out _);
            if (NetlinkError.TryDecode(message, out NetlinkError error)) _ = error.ToString();
            RtMonitor.Decode(message);
            DecodeNfTables(message);
            if (datagram.Length < 16) continue;
            foreach (NetlinkProtocol protocol in Enum.GetValues<NetlinkProtocol>()) AttributeNames.Locate(protocol, datagram, error with { Offset = error.Offset == 0 ? 40 : error.Offset });
        }
    }

    private static void DecodeNfTables(in NetlinkMessage message)
    {
        NftMonitor.Decode(message, Events);
        Events.Clear();
        NftReader.ReadGeneration(message);
        foreach (NftSetFlags flags in (ReadOnlySpan<NftSetFlags>)[NftSetFlags.None, NftSetFlags.Interval])
        {
            SnapshotBuilder builder = new(null, 0);
            builder.BeginElements(MessageScope.Table(message), new NftSet("s", NftType.Ipv4Address) { Flags = flags });
            builder.Take(0, message);
            if (message.Subsystem == NfTablesWire.Subsystem && (byte)message.Type == (byte)NfTablesMessage.NewTable) builder.Take(0, message);
            builder.Build(default);
        }

        List<WireElement> elements = [];
        ElementCodec.Read(message, elements);
        _ = Intervals.Join(elements);
    }

    private static IEnumerable<byte[]> Seeds()
    {
        NetlinkBatch batch = new();
        batch.AddRoute(new Route { Destination = IPNetwork.Parse("10.3.0.0/26"), Gateway = IPAddress.Parse("10.65.0.1"), InterfaceIndex = 3, Metrics = new RouteMetrics { Mtu = 1400, CongestionControl = "bbr" } });
        batch.AddRoute(new Route { Destination = IPNetwork.Parse("fd00::/64"), NextHops = [new() { Gateway = IPAddress.Parse("fe80::1"), InterfaceIndex = 2, Encapsulation = new MplsEncapsulation([1, 2]) }, new() { InterfaceIndex = 3 }], Encapsulation = new IpEncapsulation { Destination = IPAddress.Loopback } });
        batch.AddLink("v0", new VxlanLink { Id = 1, Local = IPAddress.Loopback, Port = 4789, SourcePorts = new(1, 2) }, new LinkSettings { Alias = "x", HardwareAddress = PhysicalAddress.Parse("02-00-00-00-00-01") });
        batch.AddLink("v0", new IpTunnelLink(IpTunnelKind.Ip6) { Local = IPAddress.IPv6Loopback, EncapsulationLimit = 4 });
        batch.AddLink("b0", new BridgeLink { AgeingTime = 1, MulticastSnooping = true });
        batch.AddAlternativeName(3, "another-name");
        batch.AddAddress(new InterfaceAddress { InterfaceIndex = 1, Address = IPAddress.Loopback, PrefixLength = 8, ValidSeconds = 5, Label = "lo:1", Flags = AddressFlags.NoPrefixRoute });
        batch.AddRule(new RoutingRule { Family = AddressFamily.InterNetwork, From = IPNetwork.Parse("10.0.0.0/8"), UserIds = new(1, 2), DestinationPorts = new(1, 2), Table = 1000 });
        batch.AddNeighbour(Neighbour.Forwarding(3, PhysicalAddress.Parse("02-00-00-00-00-01"), IPAddress.Loopback) with { Vni = 3, Port = 4 });
        batch.AddNexthop(new Nexthop { Id = 3, Group = [new(1), new(2, 256)] });
        batch.AddNexthop(new Nexthop { Id = 4, Gateway = IPAddress.Loopback, InterfaceIndex = 1, Encapsulation = new MplsEncapsulation([3]) });
        FlowTuple tuple = new() { Source = IPAddress.Loopback, Destination = IPAddress.Loopback, Protocol = 6, SourcePort = 1, DestinationPort = 2 };
        batch.AddFlow(new TrackedFlow { Original = tuple, Reply = tuple.Reversed(), TcpState = FlowTcpState.Established, Mark = 1, Zone = 2, Labels = 5 });
        batch.AddExpectation(new ConntrackExpectation { Master = tuple, Tuple = tuple.Reversed(), Mask = tuple, TimeoutSeconds = 9, Helper = "ftp", Zone = 2, Flags = 4 });
        IpSetMessages.WriteEntries(batch, 7, "set", [IpSetEntry.Of(IPAddress.Loopback, 6, 80) with { Comment = "c" }, IpSetEntry.Of(IPNetwork.Parse("fd00::/64"))], 0, tolerant: true);
        GenericFamily family = new() { Name = "wireguard", Id = 30, Version = 1 };
        batch.SetWireGuard(family, new WireGuardDevice { InterfaceIndex = 3, Peers = [new() { PublicKey = new byte[32], Endpoint = new IPEndPoint(IPAddress.IPv6Loopback, 5), AllowedIPs = [IPNetwork.Parse("10.0.0.0/8")] }] });
        for (int i = 0; i < batch.Count; i++) yield return batch[i].ToArray();
        yield return Convert.FromHexString("5c000000000400000000000000000000" + "02000005" + "0800010008000300" + "0800020000000077" + "14000300000000006553f1000000000000000001" + "0c000a00746f206e696e6500" + "09000900450000011f000000" + "0c000800000600000200000000000000");
        yield return Convert.FromHexString("4000000010000000000000000000000001020000" + "0600010010000000" + "0b0002006e6c6374726c0000" + "18000780" + "14000100" + "08000200100000000b0001006e6f746966790000");
        yield return Convert.FromHexString("5400000002000003" + "07000000" + "09000000" + "eaffffff" + "2000000018000506" + "07000000" + "00000000" + "0800010062616400" + "0800020024000000" + "1400048008000100040000000800090001000000");
    }
}
