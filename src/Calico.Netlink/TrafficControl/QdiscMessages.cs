namespace Calico.Netlink;

/// <summary>RTM_NEWQDISC, RTM_DELQDISC and RTM_GETQDISC.</summary>
public static class QdiscMessages
{
    private const ushort New = 36, Delete = 37, Get = 38;
    private const ushort Kind = 1, Options = 2;
    private const ushort TbfParameters = 1, TbfRate64 = 4, TbfPeakRate64 = 5, TbfBurst = 6, TbfPeakBurst = 7;
    private const int TbfParametersLength = 36, LimitAt = 24, BufferAt = 28, PeakBufferAt = 32;
    private const double NanosecondsPerTick = 64; // PSCHED_SHIFT is 6

    /// <summary>Adds a queueing discipline, or changes the one that hangs there.</summary>
    public static void ReplaceQdisc(this NetlinkBatch batch, Qdisc qdisc)
    {
        ArgumentNullException.ThrowIfNull(qdisc);
        NetlinkMessageWriter message = Begin(batch, New, NetlinkFlags.Create | NetlinkFlags.Replace, qdisc);
        message.AttributeString(Kind, qdisc.Kind.Name);
        if (qdisc.Kind is not TbfQdisc tbf) return;
        if (tbf.Rate == 0 || tbf.Burst == 0) throw new ArgumentException($"{qdisc}: a token bucket needs a rate and a burst.", nameof(qdisc));
        if (tbf.PeakRate != 0 && (tbf.PeakRate <= tbf.Rate || tbf.PeakBurst == 0)) throw new ArgumentException($"{qdisc}: a peak rate has to be above the rate, and needs a burst of its own.", nameof(qdisc));
        using NetlinkNest options = message.Nest(Options, flagged: false);
        WriteTbf(message, tbf);
    }

    /// <summary>Deletes a queueing discipline.</summary>
    public static void DeleteQdisc(this NetlinkBatch batch, Qdisc qdisc)
    {
        ArgumentNullException.ThrowIfNull(qdisc);
        Begin(batch, Delete, NetlinkFlags.None, qdisc);
    }

    /// <summary>Asks for the queueing disciplines of all interfaces.</summary>
    public static void DumpQdiscs(this NetlinkBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        TrafficControlHeader.Write(batch.Begin(Get, NetlinkFlags.Dump), 0, 0, 0, 0);
    }

    private static NetlinkMessageWriter Begin(NetlinkBatch batch, ushort type, NetlinkFlags flags, Qdisc qdisc)
    {
        ArgumentNullException.ThrowIfNull(batch);
        NetlinkMessageWriter message = batch.Begin(type, flags);
        TrafficControlHeader.Write(message, qdisc.InterfaceIndex, qdisc.Handle, qdisc.Parent, 0);
        return message;
    }

    // struct tc_tbf_qopt { tc_ratespec rate, peakrate; __u32 limit, buffer, mtu; }; of a ratespec (12 bytes) the last four are the rate, the second byte the link layer.
    private static void WriteTbf(NetlinkMessageWriter message, TbfQdisc tbf)
    {
        Span<byte> parameters = message.Attribute(TbfParameters, TbfParametersLength);
        parameters.Clear();
        WriteRate(parameters, tbf.Rate, message.Swap);
        WriteRate(parameters[12..], tbf.PeakRate, message.Swap);
        NetlinkWire.WriteUInt32(parameters[LimitAt..], tbf.Limit, message.Swap);
        message.AttributeUInt32(TbfBurst, tbf.Burst);
        if (tbf.Rate >= uint.MaxValue) message.AttributeUInt64(TbfRate64, tbf.Rate);
        if (tbf.PeakRate == 0) return;
        message.AttributeUInt32(TbfPeakBurst, tbf.PeakBurst);
        if (tbf.PeakRate >= uint.MaxValue) message.AttributeUInt64(TbfPeakRate64, tbf.PeakRate);
    }

    private static void WriteRate(Span<byte> rate, ulong bytesPerSecond, bool swap)
    {
        if (bytesPerSecond == 0) return;
        rate[1] = 1; // TC_LINKLAYER_ETHERNET
        NetlinkWire.WriteUInt32(rate[8..], (uint)Math.Min(bytesPerSecond, uint.MaxValue), swap);
    }

    internal static bool TryDecode(in NetlinkMessage message, out Qdisc qdisc)
    {
        qdisc = null!;
        if (message.Type is not (New or Delete) || !TrafficControlHeader.TryRead(message, out TrafficControlHeader header)) return false;
        string name = "";
        QdiscKind? kind = null;
        NetlinkAttributeReader attributes = message.Attributes(TrafficControlHeader.Length);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Kind) name = attributes.ReadString();
            else if (attributes.Type == Options && name == "tbf") kind = ReadTbf(attributes.Nested());
        }

        if (attributes.IsMalformed || name.Length == 0) return false;
        qdisc = new Qdisc(header.InterfaceIndex, kind ?? (name == "ingress" ? new IngressQdisc() : new OtherQdisc(name))) { Handle = header.Handle, Parent = header.Parent };
        return true;
    }

    private static TbfQdisc? ReadTbf(NetlinkAttributeReader attributes)
    {
        (ulong rate, ulong peak, ulong? rate64, ulong? peak64) = (0, 0, null, null);
        (uint limit, uint buffer, uint peakBuffer) = (0, 0, 0);
        bool known = false;
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case TbfParameters when attributes.Value.Length >= TbfParametersLength:
                    known = true;
                    (rate, peak) = (attributes.ReadUInt32At(8), attributes.ReadUInt32At(20));
                    (limit, buffer, peakBuffer) = (attributes.ReadUInt32At(LimitAt), attributes.ReadUInt32At(BufferAt), attributes.ReadUInt32At(PeakBufferAt));
                    break;
                case TbfRate64: rate64 = attributes.ReadUInt64(); break;
                case TbfPeakRate64: peak64 = attributes.ReadUInt64(); break;
            }
        }

        if (!known) return null;
        (rate, peak) = (rate64 ?? rate, peak64 ?? peak);
        return new TbfQdisc(rate, BytesOf(buffer, rate), limit) { PeakRate = peak, PeakBurst = peak == 0 ? 0 : BytesOf(peakBuffer, peak) };
    }

    // The kernel keeps a bucket as the time that its bytes take, in ticks of 64 ns.
    private static uint BytesOf(uint ticks, ulong rate) => (uint)Math.Min(Math.Round(ticks * NanosecondsPerTick * rate / 1e9), uint.MaxValue);
}
