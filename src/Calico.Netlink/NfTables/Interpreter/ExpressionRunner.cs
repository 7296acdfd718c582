using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>Runs expressions that compute, decide and act; <see cref="Loader"/> has those that load.</summary>
internal sealed class ExpressionRunner(NftPacket packet, NftEnvironment environment)
{
    private readonly RegisterFile _registers = new();
    private readonly List<NftAction> _actions = [];
    private LiveTable? _table;

    public NftVerdict Verdict { get; private set; }

    public NftElement? LastElement { get; set; }

    public IReadOnlyList<NftAction> Actions => _actions;

    public void Begin(LiveTable table)
    {
        _table = table;
        _registers.Clear();
    }

    public Outcome Run(NftExpression expression, ExpressionState? state, SetIndex? set)
    {
        switch (expression)
        {
            case CmpExpression e: return NextIf(Compare(e));
            case RangeExpression e: return NextIf(InRange(e) != e.Outside);
            case BitwiseExpression e: return Bitwise(e);
            case ShiftExpression e: return Shift(e);
            case BooleanExpression e: return Boolean(e);
            case ByteorderExpression e: return Byteorder(e);
            case ImmediateExpression e: return NextIf(_registers.Store(e.Destination, e.Value.Span));
            case VerdictExpression e: return Decide(e.Verdict);
            case LookupExpression e: return LookUp(e, set!);
            case DynsetExpression e: return Update(e, set!);
            case ObjrefExpression e: return UseObject(e, state, set);
            case NumgenExpression e: return NextIf(_registers.Store(e.Destination, e.Offset + Number(e, state!)));
            case CounterExpression or QuotaExpression or LimitExpression or ConnLimitExpression or LastExpression:
                return NextIf(state!.Run(packet, environment.NowNanoseconds));
            case MetaSetExpression e: return SetMeta(e);
            case CtSetExpression e: return SetCt(e);
            case PayloadWriteExpression e: return NextIf(PayloadWriter.Write(packet, e, _registers.Read(e.Source, (int)e.Length)));
            case ExthdrWriteExpression e: return NextIf(ExtensionHeaders.Write(packet, e, _registers.Read(e.Source, (int)e.Length)));
            case ExthdrResetExpression e: return NextIf(ExtensionHeaders.Reset(packet, e));
            case NotrackExpression:
                if (packet.Connection is null) packet.IsUntracked = true;
                return Outcome.Next;
            case LogExpression or DupExpression or FlowOffloadExpression: return Act(expression, Outcome.Next);
            case RejectExpression: return Act(expression, Decide(NftVerdict.Drop));
            case NatExpression e: return Nat(e, e.AddressMin, e.PortMin);
            case MasqueradeExpression e: return Nat(e, null, e.PortMin);
            case RedirectExpression e: return Nat(e, null, e.PortMin);
            case TproxyExpression e: return Tproxy(e);
            case QueueExpression: return Act(expression, Decide(new NftVerdict(NftVerdictCode.Queue)));
            case ForwardExpression or SynproxyExpression: return Act(expression, Decide(new NftVerdict(NftVerdictCode.Stolen)));
            case RawExpression raw: throw new NftInterpreterException($"The expression '{raw.RawName}' is not known.");
            default: return NextIf(Loader.Load(expression, packet, environment, _registers));
        }
    }

    private static Outcome NextIf(bool condition) => condition ? Outcome.Next : Outcome.Break;

    private Outcome Decide(NftVerdict verdict)
    {
        Verdict = verdict;
        return Outcome.Verdict;
    }

    private Outcome Act(NftExpression expression, Outcome outcome)
    {
        _actions.Add(new NftAction(expression));
        return outcome;
    }

    private bool Compare(CmpExpression e)
    {
        int order = _registers.Read(e.Source, e.Value.Length).SequenceCompareTo(e.Value.Span);
        return e.Operation switch
        {
            NftCompare.Equal => order == 0,
            NftCompare.NotEqual => order != 0,
            NftCompare.Less => order < 0,
            NftCompare.LessOrEqual => order <= 0,
            NftCompare.Greater => order > 0,
            _ => order >= 0,
        };
    }

    private bool InRange(RangeExpression e)
    {
        ReadOnlySpan<byte> value = _registers.Read(e.Source, e.From.Length);
        return value.SequenceCompareTo(e.From.Span) >= 0 && value.SequenceCompareTo(e.To.Span) <= 0;
    }

    private Outcome Bitwise(BitwiseExpression e)
    {
        ReadOnlySpan<byte> source = _registers.Read(e.Source, e.Mask.Length).ToArray(), mask = e.Mask.Span, xor = e.Xor.Span;
        Span<byte> destination = _registers.Write(e.Destination, source.Length);
        for (int i = 0; i < source.Length; i++) destination[i] = (byte)((source[i] & mask[i]) ^ xor[i]);
        return Outcome.Next;
    }

    // nft_bitwise.c: words of the machine's order, the first the most significant.
    private Outcome Shift(ShiftExpression e)
    {
        uint[] words = MemoryMarshal.Cast<byte, uint>(_registers.Read(e.Source, NftType.PaddedLength((int)e.Length))).ToArray();
        int bits = (int)e.Bits;
        uint carry = 0;
        for (int k = 0; k < words.Length && bits is > 0 and < 32; k++)
        {
            int i = e.Right ? k : words.Length - 1 - k;
            uint word = words[i];
            words[i] = (e.Right ? word >> bits : word << bits) | carry;
            carry = e.Right ? word << (32 - bits) : word >> (32 - bits);
        }

        MemoryMarshal.AsBytes(words.AsSpan()).CopyTo(_registers.Write(e.Destination, words.Length * 4));
        return Outcome.Next;
    }

    private Outcome Boolean(BooleanExpression e)
    {
        ReadOnlySpan<byte> first = _registers.Read(e.Source, (int)e.Length).ToArray();
        ReadOnlySpan<byte> second = e.Value.IsEmpty ? _registers.Read(e.Second, (int)e.Length).ToArray() : e.Value.ToArray();
        Span<byte> destination = _registers.Write(e.Destination, first.Length);
        for (int i = 0; i < first.Length; i++)
            destination[i] = (byte)(e.Operation switch { 3 => first[i] & second[i], 4 => first[i] | second[i], _ => first[i] ^ second[i] });
        return Outcome.Next;
    }

    private Outcome Byteorder(ByteorderExpression e)
    {
        byte[] bytes = _registers.Read(e.Source, (int)e.Length).ToArray();
        if (BitConverter.IsLittleEndian)
            for (int at = 0; at + e.Size <= bytes.Length; at += (int)e.Size) bytes.AsSpan(at, (int)e.Size).Reverse();
        return NextIf(_registers.Store(e.Destination, bytes));
    }

    private Outcome LookUp(LookupExpression e, SetIndex set)
    {
        long now = environment.NowNanoseconds;
        LiveElement? found = set.Find(_registers.Read(e.Source, set.KeyLength), now);
        if (found is null == !e.Inverted) return Outcome.Break;
        if (found is null) return Outcome.Next;
        LastElement = found.Element;
        if (e.Destination is { } register && register != NftRegister.Verdict) _registers.Store(register, found.Element.Data.Span);
        foreach (ExpressionState state in found.State)
            if (!state.Run(packet, now)) return Outcome.Break;
        return e.Destination == NftRegister.Verdict && found.Element.Verdict is { } verdict ? Decide(verdict) : Outcome.Next;
    }

    private Outcome Update(DynsetExpression e, SetIndex set)
    {
        long now = environment.NowNanoseconds;
        NftValue key = new(_registers.Read(e.Key, set.KeyLength));
        TimeSpan? timeout = e.Timeout > TimeSpan.Zero ? e.Timeout : null;
        LiveElement? found = set.Find(key.Span, now);
        if (e.Operation == NftDynsetOperation.Delete) return NextIf((found is not null && set.Remove(key)) != e.Inverted);
        if (found is null)
        {
            NftElement element = new(key)
            {
                Data = e.Data is { } register ? new NftValue(_registers.Read(register, set.Set.DataType!.Length)) : default,
                Details = timeout is null && e.Expressions.IsEmpty ? null : new NftElementDetails { Timeout = timeout, Expressions = e.Expressions },
            };
            found = set.Add(element, now);
        }
        else if (e.Operation == NftDynsetOperation.Update)
        {
            found.Expires = set.ExpiryOf(timeout, now);
        }

        if (found is null) return NextIf(e.Inverted);
        LastElement = found.Element;
        foreach (ExpressionState state in found.State)
            if (!state.Run(packet, now)) return Outcome.Break;
        return NextIf(!e.Inverted);
    }

    private Outcome UseObject(ObjrefExpression e, ExpressionState? state, SetIndex? set)
    {
        if (set is not null)
        {
            LiveElement? found = set.Find(_registers.Read(e.Key, set.KeyLength), environment.NowNanoseconds);
            if (found?.Element.Details?.ObjectName is not { } name) return Outcome.Break;
            LastElement = found.Element;
            state = _table!.Object(set.Set.ObjectType ?? e.ObjectType, name);
        }

        return NextIf(state is null || state.Run(packet, environment.NowNanoseconds));
    }

    private uint Number(NumgenExpression e, ExpressionState state) => e.Type == NftNumberGenerator.Incremental
        ? state.NextNumber(e.Modulus)
        : Jenkins.Scale(environment.NextRandom(), e.Modulus);

    private Outcome SetMeta(MetaSetExpression e)
    {
        uint value = _registers.ReadUInt32(e.Source);
        switch (e.Key)
        {
            case NftMetaKey.Mark: packet.Mark = value; break;
            case NftMetaKey.Priority: packet.Priority = value; break;
            case NftMetaKey.PacketType when packet.PacketType != (byte)value && packet.PacketType <= 3: packet.PacketType = _registers.Read(e.Source, 1)[0]; break;
            case NftMetaKey.Trace: packet.IsTraced = _registers.Read(e.Source, 1)[0] != 0; break;
        }

        return Outcome.Next;
    }

    private Outcome SetCt(CtSetExpression e)
    {
        if (packet.Connection is not { } connection)
        {
            if (e.Key == NftCtKey.Zone) _actions.Add(new NftAction(e, new NftValue(_registers.Read(e.Source, 2))));
            return Outcome.Next;
        }

        switch (e.Key)
        {
            case NftCtKey.Mark: connection.Mark = _registers.ReadUInt32(e.Source); break;
            case NftCtKey.Labels: connection.Labels |= MemoryMarshal.Read<UInt128>(_registers.Read(e.Source, 16)); break;
        }

        return Outcome.Next;
    }

    private Outcome Nat(NftExpression expression, NftRegister? address, NftRegister? port)
    {
        if (packet.Connection is null) return Decide(NftVerdict.Accept);
        NftValue value = address is { } a ? new NftValue(_registers.Read(a, packet.NfProto == 10 ? 16 : 4)) : default;
        ushort? number = port is { } p ? BinaryPrimitives.ReadUInt16BigEndian(_registers.Read(p, 2)) : null;
        _actions.Add(new NftAction(expression, value, number));
        return Decide(NftVerdict.Accept);
    }

    private Outcome Tproxy(TproxyExpression e)
    {
        if (packet.L4Protocol is not (6 or 17)) return Outcome.Break;
        NftValue address = e.Address is { } a ? new NftValue(_registers.Read(a, packet.NfProto == 10 ? 16 : 4)) : default;
        ushort port = e.Port is { } p ? BinaryPrimitives.ReadUInt16BigEndian(_registers.Read(p, 2)) : (ushort)0;
        if (!environment.TransparentProxy(packet, address, port)) return Outcome.Break;
        _actions.Add(new NftAction(e, address, port));
        return Outcome.Next;
    }
}
