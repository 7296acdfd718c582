namespace Calico.Netlink.NfTables.Wire;

/// <summary>NFTA_SET_ELEM_*: the elements of one set, as one message after the other because 16 bits count a list's bytes.</summary>
internal static class ElementCodec
{
    public const ushort ListSet = 2; // NFTA_SET_ELEM_LIST_SET
    private const ushort ListTable = 1, ListElements = 3, ListSetId = 4;
    private const ushort Key = 1, Data = 2, Flags = 3, Timeout = 4, Expiration = 5, UserData = 6, Expression = 7, ObjectRef = 9, KeyEnd = 10, Expressions = 11;
    private const uint IntervalEnd = 1, CatchAll = 2;
    private const int ListLimit = 60_000; // leaves room for the longest single element below 65,535

    public static void WriteName(NetlinkMessageWriter writer, NftTableId table, string set, uint setId = 0)
    {
        writer.AttributeString(ListTable, table.Name);
        writer.AttributeString(ListSet, set);
        if (setId != 0) writer.AttributeUInt32BigEndian(ListSetId, setId);
    }

    /// <summary>Writes as many elements as one message takes; the rest is for the next.</summary>
    /// <returns>How many were written.</returns>
    public static int WriteSome(NetlinkMessageWriter writer, NftSet set, ReadOnlySpan<NftElement> elements)
    {
        using NetlinkNest list = writer.Nest(ListElements);
        bool split = set.SplitsRanges, ranges = (set.EffectiveFlags & NftSetFlags.Concat) != 0;
        ushort index = 1;
        int written = 0;
        while (written < elements.Length && list.Length < ListLimit)
        {
            ref readonly NftElement element = ref elements[written++];
            WriteOne(writer, index++, element, ranges && !element.IsCatchAll ? element.LastKey : default, element.IsCatchAll ? CatchAll : 0);
            if (split && !element.IsCatchAll) WriteEnd(writer, ref index, element);
        }

        return written;
    }

    /// <summary>The message that asks for one element.</summary>
    public static void WriteKey(NetlinkMessageWriter writer, in NftElement element)
    {
        using NetlinkNest list = writer.Nest(ListElements);
        using NetlinkNest nest = writer.Nest(1);
        DataCodec.Write(writer, Key, element.Key);
        if (element.IsRange) DataCodec.Write(writer, KeyEnd, element.KeyEnd);
    }

    /// <summary>Writes elements as they were read, ends of ranges one by one.</summary>
    public static void WriteRaw(NetlinkMessageWriter writer, List<WireElement> elements)
    {
        using NetlinkNest list = writer.Nest(ListElements);
        ushort index = 1;
        foreach (WireElement element in elements)
            WriteOne(writer, index++, element.Element, element.KeyEnd, element.IsEnd ? IntervalEnd : element.Element.IsCatchAll ? CatchAll : 0);
    }

    private static void WriteOne(NetlinkMessageWriter writer, ushort index, in NftElement element, in NftValue keyEnd, uint flags)
    {
        using NetlinkNest nest = writer.Nest(index);
        if (flags != 0) writer.AttributeUInt32BigEndian(Flags, flags);
        if (element.Details?.Timeout is { } timeout) writer.AttributeUInt64BigEndian(Timeout, (ulong)timeout.TotalMilliseconds);
        if (element.Details?.Expiration is { } expiration) writer.AttributeUInt64BigEndian(Expiration, (ulong)expiration.TotalMilliseconds);
        if (!element.IsCatchAll) DataCodec.Write(writer, Key, element.Key);
        if (!keyEnd.IsEmpty) DataCodec.Write(writer, KeyEnd, keyEnd);
        if (element.Verdict is { } verdict) DataCodec.Write(writer, Data, verdict);
        else if (!element.Data.IsEmpty) DataCodec.Write(writer, Data, element.Data);
        if (element.Details is { } details) WriteDetails(writer, details);
    }

    private static void WriteDetails(NetlinkMessageWriter writer, NftElementDetails details)
    {
        if (!details.UserData.IsEmpty) writer.Attribute(UserData, details.UserData.Span);
        if (details.ObjectName is not null) writer.AttributeString(ObjectRef, details.ObjectName);
        if (details.Expressions.Count == 1) ExpressionCodec.Write(writer, Expression, details.Expressions[0]);
        else if (details.Expressions.Count > 1) ExpressionCodec.WriteList(writer, Expressions, details.Expressions);
    }

    // The kernel keeps where a range is over, not its last key; a range up to the last possible key is never over.
    private static void WriteEnd(NetlinkMessageWriter writer, ref ushort index, in NftElement element)
    {
        ref readonly NftValue last = ref element.LastKey;
        Span<byte> over = stackalloc byte[NftValue.MaxLength];
        last.Span.CopyTo(over);
        over = over[..last.Length];
        if (!KeyArithmetic.TryIncrement(over)) return;
        using NetlinkNest nest = writer.Nest(index++);
        writer.AttributeUInt32BigEndian(Flags, IntervalEnd);
        using NetlinkNest key = writer.Nest(Key);
        writer.Attribute(1, over);
    }

    /// <summary>Reads the elements of one message as they are on the wire; <see cref="Intervals.Join"/> makes ranges of those that are ends.</summary>
    public static void Read(in NetlinkMessage message, List<WireElement> into)
    {
        NetlinkAttributeReader reader = message.Attributes(NfTablesWire.HeaderLength);
        while (reader.MoveNext())
        {
            if (reader.Type != ListElements) continue;
            NetlinkAttributeReader elements = reader.Nested();
            while (elements.MoveNext()) into.Add(ReadOne(elements.Nested()));
        }
    }

    private static WireElement ReadOne(NetlinkAttributeReader reader)
    {
        NftValue key = default, keyEnd = default, data = default;
        NftVerdict? verdict = null;
        NftElementDetails? details = null;
        uint flags = 0;
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case Key: DataCodec.TryRead(reader.Value, out key, out _); break;
                case KeyEnd: DataCodec.TryRead(reader.Value, out keyEnd, out _); break;
                case Data: DataCodec.TryRead(reader.Value, out data, out verdict); break;
                case Flags: flags = reader.ReadUInt32BigEndian(); break;
                case Timeout: details = (details ?? NftElementDetails.None) with { Timeout = SetCodec.Milliseconds(reader.ReadUInt64BigEndian()) }; break;
                case Expiration: details = (details ?? NftElementDetails.None) with { Expiration = SetCodec.Milliseconds(reader.ReadUInt64BigEndian()) }; break;
                case UserData: details = (details ?? NftElementDetails.None) with { UserData = new(reader.Value) }; break;
                case ObjectRef: details = (details ?? NftElementDetails.None) with { ObjectName = Names.Get(reader.Value) }; break;
                case Expression: details = (details ?? NftElementDetails.None) with { Expressions = [ExpressionCodec.Read(reader.Value)] }; break;
                case Expressions: details = (details ?? NftElementDetails.None) with { Expressions = ExpressionCodec.ReadList(reader.Value) }; break;
            }
        }

        NftElement element = new(key) { KeyEnd = keyEnd == key ? default : keyEnd, Data = data, Verdict = verdict, Details = details };
        return new WireElement(element, keyEnd, (flags & IntervalEnd) != 0);
    }
}

/// <summary>An element as the kernel keeps it: in single-field interval sets one end of a range, in concatenated ones with its last key even when that is its first.</summary>
internal readonly record struct WireElement(NftElement Element, NftValue KeyEnd, bool IsEnd);
