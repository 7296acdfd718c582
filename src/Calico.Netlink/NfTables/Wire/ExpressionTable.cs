using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>Every expression's attributes, in the order nft writes them: the numbers of linux/netfilter/nf_tables.h, once.</summary>
internal static class ExpressionTable
{
    public static readonly ExpressionShape[] Shapes =
    [
        // Loads.
        new ExpressionShape<PayloadExpression>(
            "payload",
            [Reg<PayloadExpression>(1, e => e.Destination), U32<PayloadExpression>(2, e => (uint)e.Base), U32<PayloadExpression>(3, e => e.Offset), U32<PayloadExpression>(4, e => e.Length)],
            (ref f) => new(f.Register(1), (NftPayloadBase)f.U32(2), f.U32(3), f.U32(4)),
            (ref f) => f.Has(1)),
        new ExpressionShape<PayloadWriteExpression>(
            "payload",
            [
                Reg<PayloadWriteExpression>(5, e => e.Source), U32<PayloadWriteExpression>(2, e => (uint)e.Base), U32<PayloadWriteExpression>(3, e => e.Offset),
                U32<PayloadWriteExpression>(4, e => e.Length), U32<PayloadWriteExpression>(6, e => Nullable((uint)e.ChecksumType)), U32<PayloadWriteExpression>(7, e => Nullable(e.ChecksumOffset)),
                U32<PayloadWriteExpression>(8, e => e.PseudoHeader ? 1u : null),
            ],
            (ref f) => new(f.Register(5), (NftPayloadBase)f.U32(2), f.U32(3), f.U32(4), (NftChecksumType)f.U32(6), f.U32(7), f.Flag(8)),
            (ref f) => f.Has(5)),
        new ExpressionShape<MetaExpression>(
            "meta",
            [U32<MetaExpression>(2, e => (uint)e.Key), Reg<MetaExpression>(1, e => e.Destination)],
            (ref f) => new(f.Register(1), (NftMetaKey)f.U32(2)),
            (ref f) => f.Has(1)),
        new ExpressionShape<MetaSetExpression>(
            "meta",
            [U32<MetaSetExpression>(2, e => (uint)e.Key), Reg<MetaSetExpression>(3, e => e.Source)],
            (ref f) => new((NftMetaKey)f.U32(2), f.Register(3)),
            (ref f) => f.Has(3)),
        new ExpressionShape<CtExpression>(
            "ct",
            [U32<CtExpression>(2, e => (uint)e.Key), Reg<CtExpression>(1, e => e.Destination), U8<CtExpression>(3, e => (byte?)e.Direction)],
            (ref f) => new(f.Register(1), (NftCtKey)f.U32(2), f.Has(3) ? (NftCtDirection)f.U8(3) : null),
            (ref f) => f.Has(1)),
        new ExpressionShape<CtSetExpression>(
            "ct",
            [U32<CtSetExpression>(2, e => (uint)e.Key), U8<CtSetExpression>(3, e => (byte?)e.Direction), Reg<CtSetExpression>(4, e => e.Source)],
            (ref f) => new((NftCtKey)f.U32(2), f.Register(4), f.Has(3) ? (NftCtDirection)f.U8(3) : null),
            (ref f) => f.Has(4)),
        new ExpressionShape<RtExpression>(
            "rt",
            [U32<RtExpression>(2, e => (uint)e.Key), Reg<RtExpression>(1, e => e.Destination)],
            (ref f) => new(f.Register(1), (NftRtKey)f.U32(2))),
        new ExpressionShape<SocketExpression>(
            "socket",
            [U32<SocketExpression>(1, e => (uint)e.Key), Reg<SocketExpression>(2, e => e.Destination), U32<SocketExpression>(3, e => e.Level)],
            (ref f) => new(f.Register(2), (NftSocketKey)f.U32(1), f.OptionalU32(3))),
        new ExpressionShape<ExthdrExpression>(
            "exthdr",
            [
                Reg<ExthdrExpression>(1, e => e.Destination), U8<ExthdrExpression>(2, e => e.Type), U32<ExthdrExpression>(3, e => e.Offset), U32<ExthdrExpression>(4, e => e.Length),
                U32<ExthdrExpression>(6, e => (uint)e.Header), U32<ExthdrExpression>(5, e => e.Presence ? 1u : 0),
            ],
            (ref f) => new(f.Register(1), (NftExtensionHeader)f.U32(6), f.U8(2), f.U32(3), f.U32(4), f.Flag(5)),
            (ref f) => f.Has(1)),
        new ExpressionShape<ExthdrWriteExpression>(
            "exthdr",
            [
                Reg<ExthdrWriteExpression>(7, e => e.Source), U8<ExthdrWriteExpression>(2, e => e.Type), U32<ExthdrWriteExpression>(3, e => e.Offset),
                U32<ExthdrWriteExpression>(4, e => e.Length), U32<ExthdrWriteExpression>(6, e => (uint)e.Header),
            ],
            (ref f) => new(f.Register(7), (NftExtensionHeader)f.U32(6), f.U8(2), f.U32(3), f.U32(4)),
            (ref f) => f.Has(7),
            5),
        new ExpressionShape<ExthdrResetExpression>(
            "exthdr",
            [U8<ExthdrResetExpression>(2, e => e.Type), U32<ExthdrResetExpression>(6, e => (uint)e.Header)],
            (ref f) => new((NftExtensionHeader)f.U32(6), f.U8(2)),
            (ref f) => !f.Has(1) && !f.Has(7),
            3, 4, 5),
        new ExpressionShape<FibExpression>(
            "fib",
            [U32<FibExpression>(3, e => (uint)e.Flags), U32<FibExpression>(2, e => (uint)e.Result), Reg<FibExpression>(1, e => e.Destination)],
            (ref f) => new(f.Register(1), (NftFibResult)f.U32(2), (NftFibFlags)f.U32(3))),
        new ExpressionShape<NumgenExpression>(
            "numgen",
            [Reg<NumgenExpression>(1, e => e.Destination), U32<NumgenExpression>(2, e => e.Modulus), U32<NumgenExpression>(3, e => (uint)e.Type), U32<NumgenExpression>(4, e => e.Offset)],
            (ref f) => new(f.Register(1), f.U32(2), (NftNumberGenerator)f.U32(3), f.U32(4))),
        new ExpressionShape<HashExpression>(
            "hash",
            [
                Reg<HashExpression>(1, e => e.Type == NftHashType.Jenkins ? e.Source : null), Reg<HashExpression>(2, e => e.Destination),
                U32<HashExpression>(3, e => e.Type == NftHashType.Jenkins ? e.Length : null), U32<HashExpression>(4, e => e.Modulus), U32<HashExpression>(5, e => e.Seed),
                U32<HashExpression>(6, e => e.Offset), U32<HashExpression>(7, e => (uint)e.Type),
            ],
            (ref f) => new(f.Register(2), (NftHashType)f.U32(7), f.U32(4), f.Register(1), f.U32(3), f.OptionalU32(5), f.U32(6))),
        new ExpressionShape<OsfExpression>(
            "osf",
            [Reg<OsfExpression>(1, e => e.Destination), U8<OsfExpression>(2, e => e.Ttl), U32<OsfExpression>(3, e => Nullable(e.Flags))],
            (ref f) => new(f.Register(1), f.U8(2), f.U32(3))),
        new ExpressionShape<XfrmExpression>(
            "xfrm",
            [U32<XfrmExpression>(2, e => e.Key), U8<XfrmExpression>(3, e => e.Direction), U32<XfrmExpression>(4, e => e.Index), Reg<XfrmExpression>(1, e => e.Destination)],
            (ref f) => new(f.Register(1), f.U32(2), f.U8(3), f.U32(4))),
        new ExpressionShape<TunnelExpression>(
            "tunnel",
            [U32<TunnelExpression>(1, e => e.Key), Reg<TunnelExpression>(2, e => e.Destination), U32<TunnelExpression>(3, e => e.Mode)],
            (ref f) => new(f.Register(2), f.U32(1), f.U32(3))),

        // Computations and decisions.
        new ExpressionShape<CmpExpression>(
            "cmp",
            [Reg<CmpExpression>(1, e => e.Source), U32<CmpExpression>(2, e => (uint)e.Operation), Val<CmpExpression>(3, e => e.Value)],
            (ref f) => new(f.Register(1), (NftCompare)f.U32(2), f.Value(3))),
        new ExpressionShape<RangeExpression>(
            "range",
            [Reg<RangeExpression>(1, e => e.Source), U32<RangeExpression>(2, e => e.Outside ? 1u : 0), Val<RangeExpression>(3, e => e.From), Val<RangeExpression>(4, e => e.To)],
            (ref f) => new(f.Register(1), f.Value(3), f.Value(4), f.Flag(2))),
        new ExpressionShape<BitwiseExpression>(
            "bitwise",
            [
                Reg<BitwiseExpression>(1, e => e.Source), Reg<BitwiseExpression>(2, e => e.Destination), U32<BitwiseExpression>(6, e => e.ImplicitOperation ? null : 0u), U32<BitwiseExpression>(3, e => (uint)e.Mask.Length),
                Val<BitwiseExpression>(4, e => e.Mask), Val<BitwiseExpression>(5, e => e.Xor),
            ],
            (ref f) => new(f.Register(1), f.Register(2), f.Value(4), f.Value(5)) { ImplicitOperation = !f.Has(6) },
            (ref f) => f.U32(6) == 0),
        new ExpressionShape<ShiftExpression>(
            "bitwise",
            [
                Reg<ShiftExpression>(1, e => e.Source), Reg<ShiftExpression>(2, e => e.Destination), U32<ShiftExpression>(6, e => e.Right ? 2u : 1), U32<ShiftExpression>(3, e => e.Length),
                Val<ShiftExpression>(7, e => NftValue.HostOrder(e.Bits)),
            ],
            (ref f) => new(f.Register(1), f.Register(2), f.U32(3), f.U32(6) == 2, HostWord(f.Value(7))),
            (ref f) => f.U32(6) is 1 or 2 && f.Value(7).Length == 4),
        new ExpressionShape<BooleanExpression>(
            "bitwise",
            [
                Reg<BooleanExpression>(1, e => e.Source), Reg<BooleanExpression>(2, e => e.Destination), U32<BooleanExpression>(6, e => e.Operation), U32<BooleanExpression>(3, e => e.Length),
                Val<BooleanExpression>(7, e => e.Value), Reg<BooleanExpression>(8, e => e.Second == 0 ? null : e.Second),
            ],
            (ref f) => new(f.U32(6), f.Register(1), f.Register(2), f.U32(3), f.Register(8), f.Value(7)),
            (ref f) => f.U32(6) is >= 3 and <= 5),
        new ExpressionShape<ByteorderExpression>(
            "byteorder",
            [
                Reg<ByteorderExpression>(1, e => e.Source), Reg<ByteorderExpression>(2, e => e.Destination), U32<ByteorderExpression>(3, e => e.ToNetwork ? 1u : 0),
                U32<ByteorderExpression>(4, e => e.Length), U32<ByteorderExpression>(5, e => e.Size),
            ],
            (ref f) => new(f.Register(1), f.Register(2), f.Flag(3), f.U32(4), f.U32(5))),
        new ExpressionShape<ImmediateExpression>(
            "immediate",
            [Reg<ImmediateExpression>(1, e => e.Destination), Val<ImmediateExpression>(2, e => e.Value)],
            (ref f) => new(f.Register(1), f.Value(2)),
            (ref f) => f.Register(1) != NftRegister.Verdict && !f.HoldsVerdict(2)),
        new ExpressionShape<VerdictExpression>(
            "immediate",
            [Reg<VerdictExpression>(1, _ => NftRegister.Verdict), new(2, (w, e) => DataCodec.Write(w, 2, e.Verdict, e.ChainId))],
            (ref f) => new(f.Verdict(2)),
            (ref f) => f.Register(1) == NftRegister.Verdict),
        new ExpressionShape<LookupExpression>(
            "lookup",
            [
                Reg<LookupExpression>(2, e => e.Source), Reg<LookupExpression>(3, e => e.Destination), Text<LookupExpression>(1, e => e.Set),
                U32<LookupExpression>(4, e => e.SetId), U32<LookupExpression>(5, e => e.Inverted ? 1u : null),
            ],
            (ref f) => new(f.Text(1) ?? "", f.Register(2), f.OptionalRegister(3), f.Flag(5)) { SetId = f.OptionalU32(4) }),
        new ExpressionShape<DynsetExpression>(
            "dynset",
            [
                Reg<DynsetExpression>(4, e => e.Key), Reg<DynsetExpression>(5, e => e.Data), U32<DynsetExpression>(3, e => (uint)e.Operation),
                U64<DynsetExpression>(6, e => e.Timeout == TimeSpan.Zero ? null : (ulong)e.Timeout.TotalMilliseconds), Text<DynsetExpression>(1, e => e.Set),
                U32<DynsetExpression>(2, e => e.SetId), U32<DynsetExpression>(9, e => Nullable((e.Inverted ? 1u : 0) | (e.Expressions.Count > 1 ? 2u : 0))),
                new(7, (w, e) => { if (e.Expressions.Count == 1) ExpressionCodec.Write(w, 7, e.Expressions[0]); }),
                new(10, (w, e) => { if (e.Expressions.Count > 1) ExpressionCodec.WriteList(w, 10, e.Expressions); }),
            ],
            (ref f) => new(f.Text(1) ?? "", (NftDynsetOperation)f.U32(3), f.Register(4))
            {
                Data = f.OptionalRegister(5),
                Timeout = Milliseconds(f.U64(6)),
                SetId = f.OptionalU32(2),
                Inverted = (f.Flags(9, 3) & 1) != 0,
                Expressions = f.Has(7) ? [ExpressionCodec.Read(f.Raw(7))] : ExpressionCodec.ReadList(f.Raw(10)),
            },
            null,
            8),

        // Actions.
        new ExpressionShape<CounterExpression>(
            "counter",
            [U64<CounterExpression>(1, e => e == Untouched ? null : e.Bytes), U64<CounterExpression>(2, e => e == Untouched ? null : e.Packets)],
            (ref f) => new(f.U64(2), f.U64(1)),
            null,
            3),
        new ExpressionShape<QuotaExpression>(
            "quota",
            [
                U64<QuotaExpression>(1, e => e.Bytes), U64<QuotaExpression>(4, e => e.Consumed),
                U32<QuotaExpression>(2, e => (e.Over ? 1u : 0) | (e.Depleted ? 2u : 0)),
            ],
            (ref f) => new(f.U64(1), (f.Flags(2, 3) & 1) != 0, f.U64(4), (f.U32(2) & 2) != 0),
            null,
            3),
        new ExpressionShape<LimitExpression>(
            "limit",
            [
                U64<LimitExpression>(1, e => e.Rate), U64<LimitExpression>(2, e => e.UnitSeconds), U32<LimitExpression>(3, e => Nullable(e.Burst)),
                U32<LimitExpression>(4, e => e.CountBytes ? 1u : 0), U32<LimitExpression>(5, e => e.Over ? 1u : 0),
            ],
            (ref f) => new(f.U64(1), f.U64(2), f.U32(3), f.Flag(4), f.Flag(5)),
            null,
            6),
        new ExpressionShape<ConnLimitExpression>(
            "connlimit",
            [U32<ConnLimitExpression>(1, e => e.Count), U32<ConnLimitExpression>(2, e => e.Over ? 1u : 0)],
            (ref f) => new(f.U32(1), f.Flag(2))),
        new ExpressionShape<LastExpression>(
            "last",
            [U64<LastExpression>(2, e => e.Set ? e.MillisecondsAgo : null), U32<LastExpression>(1, e => e.Set ? 1u : null)],
            (ref f) => new(f.Flag(1), f.U64(2)),
            null,
            3),
        new ExpressionShape<LogExpression>(
            "log",
            [
                Text<LogExpression>(2, e => e.Prefix), U16<LogExpression>(1, e => e.Group), U32<LogExpression>(3, e => Nullable(e.SnapLength)),
                U16<LogExpression>(4, e => e.QueueThreshold == 0 ? null : e.QueueThreshold), U32<LogExpression>(5, e => (uint?)e.Level), U32<LogExpression>(6, e => Nullable(e.Flags)),
            ],
            (ref f) => new()
            {
                Prefix = f.Text(2),
                Group = f.Has(1) ? f.U16(1) : null,
                SnapLength = f.U32(3),
                QueueThreshold = f.U16(4),
                Level = (NftLogLevel?)f.OptionalU32(5),
                Flags = f.U32(6),
            }),
        new ExpressionShape<RejectExpression>(
            "reject",
            [U32<RejectExpression>(1, e => (uint)e.Type), U8<RejectExpression>(2, e => e.Code)],
            (ref f) => new((NftRejectType)f.U32(1), f.U8(2))),
        new ExpressionShape<NatExpression>(
            "nat",
            [
                U32<NatExpression>(1, e => e.Destination ? 1u : 0), U32<NatExpression>(2, e => (uint)e.Family), Reg<NatExpression>(3, e => e.AddressMin), Reg<NatExpression>(4, e => e.AddressMax),
                Reg<NatExpression>(5, e => e.PortMin), Reg<NatExpression>(6, e => e.PortMax), U32<NatExpression>(7, e => Nullable((uint)e.Flags)),
            ],
            (ref f) => new(f.Flag(1), (NftFamily)f.U32(2))
            {
                AddressMin = f.OptionalRegister(3),
                AddressMax = f.OptionalRegister(4),
                PortMin = f.OptionalRegister(5),
                PortMax = f.OptionalRegister(6),
                Flags = (NftNatFlags)f.U32(7),
            }),
        new ExpressionShape<MasqueradeExpression>(
            "masq",
            [U32<MasqueradeExpression>(1, e => Nullable((uint)e.Flags)), Reg<MasqueradeExpression>(2, e => e.PortMin), Reg<MasqueradeExpression>(3, e => e.PortMax)],
            (ref f) => new() { Flags = (NftNatFlags)f.U32(1), PortMin = f.OptionalRegister(2), PortMax = f.OptionalRegister(3) }),
        new ExpressionShape<RedirectExpression>(
            "redir",
            [Reg<RedirectExpression>(1, e => e.PortMin), Reg<RedirectExpression>(2, e => e.PortMax), U32<RedirectExpression>(3, e => Nullable((uint)e.Flags))],
            (ref f) => new() { Flags = (NftNatFlags)f.U32(3), PortMin = f.OptionalRegister(1), PortMax = f.OptionalRegister(2) }),
        new ExpressionShape<TproxyExpression>(
            "tproxy",
            [U32<TproxyExpression>(1, e => e.Family), Reg<TproxyExpression>(2, e => e.Address), Reg<TproxyExpression>(3, e => e.Port)],
            (ref f) => new((byte)f.U32(1)) { Address = f.OptionalRegister(2), Port = f.OptionalRegister(3) }),
        new ExpressionShape<ObjrefExpression>(
            "objref",
            [
                U32<ObjrefExpression>(1, e => e.ObjectName is null ? null : (uint)e.ObjectType), Text<ObjrefExpression>(2, e => e.ObjectName),
                Reg<ObjrefExpression>(3, e => e.Map is null ? null : e.Key), Text<ObjrefExpression>(4, e => e.Map), U32<ObjrefExpression>(5, e => e.SetId),
            ],
            (ref f) => new() { ObjectType = (NftObjectType)f.U32(1), ObjectName = f.Text(2), Key = f.Register(3), Map = f.Text(4), SetId = f.OptionalU32(5) }),
        new ExpressionShape<NotrackExpression>("notrack", [], (ref _) => new()),
        new ExpressionShape<QueueExpression>(
            "queue",
            [
                U16<QueueExpression>(1, e => e.Source is null ? e.Number : null), U16<QueueExpression>(2, e => e.Source is null ? e.Total : null),
                U16<QueueExpression>(3, e => e.Flags == 0 ? null : (ushort)e.Flags), Reg<QueueExpression>(4, e => e.Source),
            ],
            (ref f) => new(f.U16(1), f.Has(2) ? f.U16(2) : (ushort)1, (NftQueueFlags)f.U16(3), f.OptionalRegister(4))),
        new ExpressionShape<ForwardExpression>(
            "fwd",
            [Reg<ForwardExpression>(1, e => e.Device), Reg<ForwardExpression>(2, e => e.Address), U32<ForwardExpression>(3, e => Nullable(e.Family))],
            (ref f) => new(f.Register(1), f.OptionalRegister(2), f.U32(3))),
        new ExpressionShape<DupExpression>(
            "dup",
            [Reg<DupExpression>(1, e => e.Address), Reg<DupExpression>(2, e => e.Device)],
            (ref f) => new(f.OptionalRegister(1), f.OptionalRegister(2))),
        new ExpressionShape<SynproxyExpression>(
            "synproxy",
            [U16<SynproxyExpression>(1, e => e.MaximumSegmentSize), U8<SynproxyExpression>(2, e => e.WindowScale), U32<SynproxyExpression>(3, e => e.Flags)],
            (ref f) => new(f.U16(1), f.U8(2), f.U32(3))),
        new ExpressionShape<FlowOffloadExpression>(
            "flow_offload",
            [Text<FlowOffloadExpression>(1, e => e.FlowTable)],
            (ref f) => new(f.Text(1) ?? "")),
    ];

    private static readonly CounterExpression Untouched = new();

    private static Field<T> U8<T>(ushort type, Func<T, byte?> get) => new(type, (w, e) => { if (get(e) is byte value) w.AttributeUInt8(type, value); });

    private static Field<T> U16<T>(ushort type, Func<T, ushort?> get) => new(type, (w, e) => { if (get(e) is ushort value) w.AttributeUInt16BigEndian(type, value); });

    private static Field<T> U32<T>(ushort type, Func<T, uint?> get) => new(type, (w, e) => { if (get(e) is uint value) w.AttributeUInt32BigEndian(type, value); });

    private static Field<T> U64<T>(ushort type, Func<T, ulong?> get) => new(type, (w, e) => { if (get(e) is ulong value) w.AttributeUInt64BigEndian(type, value); });

    private static Field<T> Reg<T>(ushort type, Func<T, NftRegister?> get) => U32<T>(type, e => (uint?)get(e));

    private static Field<T> Text<T>(ushort type, Func<T, string?> get) => new(type, (w, e) => { if (get(e) is string value) w.AttributeString(type, value); });

    private static Field<T> Val<T>(ushort type, Func<T, NftValue> get) => new(type, (w, e) => { if (get(e) is { IsEmpty: false } value) DataCodec.Write(w, type, value); });

    private static uint? Nullable(uint value) => value == 0 ? null : value;

    private static uint HostWord(NftValue value) => value.Length == 4 ? BitConverter.ToUInt32(value.Span) : 0;

    private static TimeSpan Milliseconds(ulong value) => TimeSpan.FromMilliseconds(Math.Min(value, 1ul << 48));
}
