using System.Buffers.Binary;
using System.Text;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>Expressions that load: from the packet, its metadata, its connection, or what the environment answers. False breaks the rule.</summary>
internal static class Loader
{
    public static bool Load(NftExpression expression, NftPacket packet, NftEnvironment environment, RegisterFile registers) => expression switch
    {
        PayloadExpression e => Payload(e, packet, registers),
        MetaExpression e => Meta(e, packet, environment, registers),
        CtExpression e => Connection(e, packet, registers),
        FibExpression e => Fib(e, packet, environment, registers),
        ExthdrExpression e => ExtensionHeaders.Load(packet, e, registers),
        HashExpression { Type: NftHashType.Jenkins } e => registers.Store(e.Destination, e.Offset + Jenkins.Scale(Jenkins.Hash(registers.Read(e.Source, (int)e.Length), e.Seed ?? 0), e.Modulus)),
        HashExpression e => registers.Store(e.Destination, e.Offset + Jenkins.Scale(environment.SymmetricHash(packet), e.Modulus)),
        RtExpression e => Answer(environment.Route(packet, e.Key), e.Destination, registers),
        SocketExpression e => Answer(environment.Socket(packet, e.Key, e.Level ?? 0), e.Destination, registers),
        OsfExpression e => Answer(environment.Other(packet, e), e.Destination, registers),
        XfrmExpression e => Answer(environment.Other(packet, e), e.Destination, registers),
        TunnelExpression e => Answer(environment.Other(packet, e), e.Destination, registers),
        _ => throw new NftInterpreterException($"The expression '{expression.Name}' cannot be interpreted."),
    };

    private static bool Answer(NftValue? value, NftRegister destination, RegisterFile registers) =>
        value is { } answer && registers.Store(destination, answer.Span);

    private static bool Payload(PayloadExpression e, NftPacket packet, RegisterFile registers)
    {
        if (!PayloadWriter.TryLocate(packet, e.Base, out byte[] data, out int start)) return false;
        long from = (long)start + e.Offset;
        return from + e.Length <= data.Length && registers.Store(e.Destination, data.AsSpan((int)from, (int)e.Length));
    }

    private static bool Meta(MetaExpression e, NftPacket packet, NftEnvironment environment, RegisterFile registers)
    {
        NftRegister to = e.Destination;
        return e.Key switch
        {
            NftMetaKey.Length => registers.Store(to, (uint)packet.Length),
            NftMetaKey.Protocol => registers.Store(to, BinaryPrimitives.ReverseEndianness(packet.EtherType)),
            NftMetaKey.Priority => registers.Store(to, packet.Priority),
            NftMetaKey.Mark => registers.Store(to, packet.Mark),
            NftMetaKey.InputInterface => registers.Store(to, packet.Input?.Index ?? 0),
            NftMetaKey.OutputInterface => registers.Store(to, packet.Output?.Index ?? 0),
            NftMetaKey.InputInterfaceName => Name(to, packet.Input?.Name, registers),
            NftMetaKey.OutputInterfaceName => Name(to, packet.Output?.Name, registers),
            NftMetaKey.InputInterfaceType => packet.Input is { } i && registers.Store(to, i.Type),
            NftMetaKey.OutputInterfaceType => packet.Output is { } o && registers.Store(to, o.Type),
            NftMetaKey.InputInterfaceGroup => packet.Input is { } i && registers.Store(to, i.Group),
            NftMetaKey.OutputInterfaceGroup => packet.Output is { } o && registers.Store(to, o.Group),
            NftMetaKey.InputInterfaceKind => packet.Input is { } i && Name(to, i.Kind, registers),
            NftMetaKey.OutputInterfaceKind => packet.Output is { } o && Name(to, o.Kind, registers),
            NftMetaKey.SocketUser => packet.SocketUser is { } user && registers.Store(to, user),
            NftMetaKey.SocketGroup => packet.SocketGroup is { } group && registers.Store(to, group),
            NftMetaKey.Trace => registers.Store(to, packet.IsTraced ? (byte)1 : (byte)0),
            NftMetaKey.NfProto => registers.Store(to, packet.NfProto),
            NftMetaKey.L4Protocol => packet.L4Protocol is { } protocol && registers.Store(to, protocol),
            NftMetaKey.PacketType => registers.Store(to, packet.PacketType),
            NftMetaKey.Random => registers.Store(to, environment.NextRandom()),
            NftMetaKey.Time => registers.Store(to, (ulong)(environment.WallClock - DateTimeOffset.UnixEpoch).Ticks * 100),
            NftMetaKey.Day => registers.Store(to, (byte)environment.WallClock.UtcDateTime.DayOfWeek),
            NftMetaKey.Hour => registers.Store(to, (uint)environment.WallClock.UtcDateTime.TimeOfDay.TotalSeconds),
            _ => Answer(environment.Other(packet, e), to, registers),
        };
    }

    private static bool Name(NftRegister to, string? name, RegisterFile registers)
    {
        Span<byte> bytes = registers.Write(to, 16);
        bytes.Clear();
        if (name is not null) Encoding.UTF8.TryGetBytes(name, bytes[..15], out _);
        return true;
    }

    private static bool Connection(CtExpression e, NftPacket packet, RegisterFile registers)
    {
        NftConnection? connection = packet.IsUntracked ? null : packet.Connection;
        if (e.Key == NftCtKey.State)
        {
            uint state = connection is not null ? (uint)connection.State : packet.IsUntracked ? (uint)NftCtState.Untracked : (uint)NftCtState.Invalid;
            return registers.Store(e.Destination, state);
        }

        if (connection is null) return false;
        NftTuple? tuple = (e.Direction ?? NftCtDirection.Original) == NftCtDirection.Original ? connection.Original : connection.Reply;
        NftRegister to = e.Destination;
        switch (e.Key)
        {
            case NftCtKey.Direction: return registers.Store(to, (byte)connection.Direction);
            case NftCtKey.Status: return registers.Store(to, connection.Status);
            case NftCtKey.Mark: return registers.Store(to, connection.Mark);
            case NftCtKey.Expiration: return registers.Store(to, connection.ExpirationMilliseconds);
            case NftCtKey.Helper: return connection.Helper.Length > 0 && Name(to, connection.Helper, registers);
            case NftCtKey.Labels: return registers.Store(to, NftLabels.Bytes(connection.Labels));
            case NftCtKey.Zone: return registers.Store(to, connection.Zone);
            case NftCtKey.Id: return registers.Store(to, connection.Id);
            case NftCtKey.L3Protocol: return registers.Store(to, packet.NfProto);
            case NftCtKey.Packets: return registers.Store(to, Counters(connection, e.Direction).Packets);
            case NftCtKey.Bytes: return registers.Store(to, Counters(connection, e.Direction).Bytes);
            case NftCtKey.AveragePacket:
                (ulong packets, ulong bytes) = Counters(connection, e.Direction);
                return registers.Store(to, packets == 0 ? 0ul : bytes / packets);
        }

        if (tuple is null) return false;
        return e.Key switch
        {
            NftCtKey.Protocol => registers.Store(to, tuple.Protocol),
            NftCtKey.ProtocolSource => registers.Store(to, BinaryPrimitives.ReverseEndianness(tuple.SourcePort)),
            NftCtKey.ProtocolDestination => registers.Store(to, BinaryPrimitives.ReverseEndianness(tuple.DestinationPort)),
            NftCtKey.Source => registers.Store(to, tuple.Source.Span),
            NftCtKey.Destination => registers.Store(to, tuple.Destination.Span),
            NftCtKey.SourceIp or NftCtKey.SourceIp6 => (tuple.Source.Length == 16) == (e.Key == NftCtKey.SourceIp6) && registers.Store(to, tuple.Source.Span),
            NftCtKey.DestinationIp or NftCtKey.DestinationIp6 => (tuple.Source.Length == 16) == (e.Key == NftCtKey.DestinationIp6) && registers.Store(to, tuple.Destination.Span),
            _ => false,
        };
    }

    private static (ulong Packets, ulong Bytes) Counters(NftConnection connection, NftCtDirection? direction) => direction switch
    {
        NftCtDirection.Original => connection.OriginalCounters,
        NftCtDirection.Reply => connection.ReplyCounters,
        _ => (connection.OriginalCounters.Packets + connection.ReplyCounters.Packets, connection.OriginalCounters.Bytes + connection.ReplyCounters.Bytes),
    };

    private static bool Fib(FibExpression e, NftPacket packet, NftEnvironment environment, RegisterFile registers)
    {
        NftFibAnswer? route = environment.LookUpRoute(packet, e.Flags);
        if (e.Flags.HasFlag(NftFibFlags.Present)) return registers.Store(e.Destination, route is null ? (byte)0 : (byte)1);
        return e.Result switch
        {
            NftFibResult.OutputInterface => registers.Store(e.Destination, route?.OutputInterface.Index ?? 0),
            NftFibResult.OutputInterfaceName => Name(e.Destination, route?.OutputInterface.Name, registers),
            _ => registers.Store(e.Destination, route?.AddressType ?? 7), // RTN_UNREACHABLE
        };
    }
}

internal static class NftLabels
{
    public static byte[] Bytes(UInt128 labels)
    {
        byte[] bytes = new byte[16];
        if (BitConverter.IsLittleEndian) BinaryPrimitives.WriteUInt128LittleEndian(bytes, labels);
        else BinaryPrimitives.WriteUInt128BigEndian(bytes, labels);
        return bytes;
    }
}
