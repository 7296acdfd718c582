using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;
using Calico.Policy.Analysis;

namespace Calico.Dataplane.Verification;

/// <summary>Follows one rule's registers and cuts the space where they are compared.</summary>
/// <remarks>
/// Ports and ICMP types may be compared only where the rule has made sure of the protocol, and addresses where it has made sure of the family:
/// of other packets the same bytes mean something else, which the classes do not know.
/// </remarks>
internal sealed class RuleReader(FlowSpaceBuilder space, Func<string, NftSet?> sets, Func<string, int, PacketField, bool> isNew)
{
    private static readonly byte[] WithPorts = [6, 17, 132, 136];
    private readonly (PacketField Field, int Mask)[] _words = new (PacketField, int)[16];
    private bool? _v6;
    private byte[]? _protocols;
    private string? _problem;

    /// <returns>Why the rule cannot be followed, or null.</returns>
    public string? Read(NftRule rule)
    {
        Array.Fill(_words, (PacketField.Other, 0));
        foreach (NftExpression expression in rule.Expressions)
        {
            Read(expression);
            if (_problem is not null) return _problem;
        }

        return null;
    }

    private void Read(NftExpression expression)
    {
        switch (expression)
        {
            case MetaExpression e: Hold(e.Destination, FieldOf(e.Key), MetaLength(e.Key)); break;
            case CtExpression { Key: NftCtKey.State or NftCtKey.Status } e: Hold(e.Destination, PacketField.Settled, 4); break;
            case PayloadExpression e: Hold(e.Destination, FieldOf(e), (int)e.Length); break;
            case BitwiseExpression e: Mask(e); break;
            case ImmediateExpression e: Hold(e.Destination, PacketField.Settled, e.Value.Length); break;
            case BooleanExpression e: Hold(e.Destination, IsSettled(e.Source) && (!e.Value.IsEmpty || IsSettled(e.Second)) ? PacketField.Settled : PacketField.Other, (int)e.Length); break;
            case CmpExpression e: Compare(e); break;
            case RangeExpression e: Cut(At(e.Source), e.From, e.To); break;
            case LookupExpression e: LookUp(e); break;
            case PayloadWriteExpression { Base: NftPayloadBase.Network, Offset: 0, Length: <= 4 }: break; // version, DSCP, flow label, length: no rule may compare them
            case MetaSetExpression or CounterExpression or LogExpression or VerdictExpression or RejectExpression or NotrackExpression or LimitExpression or ConnLimitExpression
                or MasqueradeExpression or NatExpression: break;
            default: _problem = $"the expression '{expression.Name}' is not followed"; break;
        }
    }

    private (PacketField Field, int Mask) At(NftRegister register) => _words[NftRegisters.ToWord(register)];

    private bool IsSettled(NftRegister register) => At(register).Field == PacketField.Settled;

    private void Hold(NftRegister register, PacketField field, int length, int mask = -1)
    {
        int word = NftRegisters.ToWord(register), words = (length + 3) / 4;
        for (int i = 0; i < words; i++) _words[word + i] = (i == 0 ? field : field == PacketField.Settled ? field : PacketField.Other, mask);
    }

    private static PacketField FieldOf(NftMetaKey key) => key switch
    {
        NftMetaKey.NfProto => PacketField.Family,
        NftMetaKey.L4Protocol => PacketField.Protocol,
        NftMetaKey.InputInterface or NftMetaKey.InputInterfaceName or NftMetaKey.OutputInterface or NftMetaKey.OutputInterfaceName or NftMetaKey.Mark => PacketField.Settled,
        _ => PacketField.Other,
    };

    private static int MetaLength(NftMetaKey key) => key is NftMetaKey.InputInterfaceName or NftMetaKey.OutputInterfaceName ? 16 : 4;

    private PacketField FieldOf(PayloadExpression e) => (e.Base, e.Offset, e.Length, _v6) switch
    {
        (NftPayloadBase.Network, 12, 4, false) or (NftPayloadBase.Network, 8, 16, true) => PacketField.Source,
        (NftPayloadBase.Network, 16, 4, false) or (NftPayloadBase.Network, 24, 16, true) => PacketField.Destination,
        (NftPayloadBase.Transport, 0, 2, _) => PacketField.SourcePort,
        (NftPayloadBase.Transport, 2, 2, _) => PacketField.DestinationPort,
        (NftPayloadBase.Transport, 0, 1, _) => PacketField.IcmpType,
        (NftPayloadBase.Transport, 1, 1, _) => PacketField.IcmpCode,
        _ => PacketField.Other,
    };

    private void Mask(BitwiseExpression e)
    {
        (PacketField field, int mask) = At(e.Source);
        bool address = field is PacketField.Source or PacketField.Destination && mask < 0 && e.Xor.Span.IndexOfAnyExcept((byte)0) < 0;
        int length = address ? PrefixLength(e.Mask.Span) : -1;
        if (field == PacketField.Settled) Hold(e.Destination, field, e.Mask.Length);
        else if (length >= 0) Hold(e.Destination, field, e.Mask.Length, length);
        else Hold(e.Destination, PacketField.Other, e.Mask.Length);
    }

    private static int PrefixLength(ReadOnlySpan<byte> mask)
    {
        UInt128 bits = 0;
        foreach (byte b in mask) bits = bits << 8 | b;
        bits <<= 128 - mask.Length * 8;
        int length = (int)UInt128.LeadingZeroCount(~bits);
        return length >= 128 || bits << length == 0 ? Math.Min(length, mask.Length * 8) : -1;
    }

    private void Compare(CmpExpression e)
    {
        (PacketField field, int mask) = At(e.Source);
        bool equal = e.Operation == NftCompare.Equal;
        if (field == PacketField.Family && equal) _v6 = e.Value.Span[0] == 10;
        if (field == PacketField.Protocol && equal) _protocols = [e.Value.Span[0]];
        NftValue first = e.Value, last = e.Value;
        if (e.Operation is not (NftCompare.Equal or NftCompare.NotEqual))
        {
            if (mask >= 0) _problem = "the order of masked addresses is not followed";
            byte[] zero = new byte[e.Value.Length];
            bool upTo = e.Operation is NftCompare.LessOrEqual or NftCompare.Greater;
            (first, last) = upTo ? (new NftValue(zero), e.Value) : (e.Value, new NftValue(FieldRanges.Ones(e.Value.Length)));
        }

        Cut((field, mask), first, last);
    }

    /// <summary>Values between the two, both included, are told from the others.</summary>
    private void Cut((PacketField Field, int Mask) at, NftValue first, NftValue last)
    {
        if (!IsReadable(at.Field, _protocols)) return;
        if (at.Mask >= 0)
            space.AddAddresses([FieldRanges.Prefix(first, at.Mask)]);
        else
            FieldRanges.Cut(space, at.Field, [(first, last)]);
    }

    private bool IsReadable(PacketField field, byte[]? protocols)
    {
        _problem ??= field switch
        {
            PacketField.Other => "something else of the packet is compared",
            PacketField.SourcePort or PacketField.DestinationPort when protocols is null || protocols.Except(WithPorts).Any() => "ports are compared of protocols that have none",
            PacketField.IcmpType or PacketField.IcmpCode when protocols is not [var only] || only != (_v6 == true ? 58 : 1) => "an ICMP type is compared of other protocols",
            _ => null,
        };
        return _problem is null;
    }

    private void LookUp(LookupExpression e)
    {
        NftSet? set = e.Anonymous ?? sets(e.Set);
        if (set is null)
        {
            _problem = $"there is no set '{e.Set}'";
            return;
        }

        int word = NftRegisters.ToWord(e.Source), at = 0;
        List<(PacketField Field, int Offset, int Length)> fields = [];
        foreach (NftType type in set.KeyType.Fields)
        {
            (PacketField field, int mask) = _words[word + at / 4];
            if (mask >= 0) _problem = "masked addresses are looked up";
            fields.Add((field, at, type.Length));
            at += type.Length + 3 & ~3;
        }

        byte[]? protocols = ProtocolsOf(set, fields) ?? _protocols;
        foreach ((PacketField field, int offset, int length) in fields)
        {
            if (!IsReadable(field, protocols)) return;
            if (field != PacketField.Settled && (e.Anonymous is not null || isNew(set.Name, word * 64 + offset, field))) FieldRanges.Cut(space, field, set, offset, length);
        }

        if (fields is [{ Field: PacketField.Protocol }] && !e.Inverted && e.Destination is null) _protocols = protocols;
        if (e.Destination is { } destination && destination != NftRegister.Verdict) Hold(destination, PacketField.Settled, set.DataType!.Length);
    }

    /// <summary>The protocols with which a key can be found at all.</summary>
    private static byte[]? ProtocolsOf(NftSet set, List<(PacketField Field, int Offset, int Length)> fields)
    {
        int index = fields.FindIndex(f => f.Field == PacketField.Protocol);
        if (index < 0 || set.Elements.Any(e => e.IsRange || e.IsCatchAll)) return null;
        int offset = fields[index].Offset;
        return [.. set.Elements.Select(e => e.Key.ToArray()[offset]).Distinct()];
    }
}
