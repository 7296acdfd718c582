namespace Calico.Netlink;

/// <summary>A queueing discipline of an interface (linux/pkt_sched.h).</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Kind">What it is, with its parameters.</param>
public sealed record Qdisc(int InterfaceIndex, QdiscKind Kind)
{
    /// <summary>TC_H_ROOT: what leaves the interface.</summary>
    public const uint Root = 0xffff_ffff;

    /// <summary>TC_H_INGRESS: what arrives at the interface.</summary>
    public const uint Ingress = 0xffff_fff1;

    /// <summary>Where it hangs: <see cref="Root"/>, <see cref="Ingress"/>, or the class above it as major × 65536 + minor.</summary>
    public uint Parent { get; init; } = Kind is IngressQdisc ? Ingress : Root;

    /// <summary>Its own number, major × 65536; 0 lets the kernel choose.</summary>
    public uint Handle { get; init; } = Kind is IngressQdisc ? 0xffff_0000 : 0;

    internal static bool TryDecode(in NetlinkMessage message, out Qdisc qdisc) => QdiscMessages.TryDecode(message, out qdisc);
}

/// <summary>A kind of queueing discipline with its parameters.</summary>
public abstract record QdiscKind
{
    private protected QdiscKind()
    {
    }

    /// <summary>The kind's name in the kernel: "tbf", "ingress"….</summary>
    public abstract string Name { get; }
}

/// <summary>A token bucket: what is sent never exceeds a rate for longer than a burst (sch_tbf).</summary>
/// <param name="Rate">Bytes per second, at least 1.</param>
/// <param name="Burst">The bucket, in bytes.</param>
/// <param name="Limit">The most bytes that wait for tokens; more are dropped.</param>
public sealed record TbfQdisc(ulong Rate, uint Burst, uint Limit) : QdiscKind
{
    /// <inheritdoc/>
    public override string Name => "tbf";

    /// <summary>Bytes per second at which a burst is sent; 0 for no bound.</summary>
    public ulong PeakRate { get; init; }

    /// <summary>The bucket of the peak rate in bytes, at least a packet; with <see cref="PeakRate"/> only.</summary>
    public uint PeakBurst { get; init; }
}

/// <summary>Where filters for arriving packets hang (sch_ingress).</summary>
public sealed record IngressQdisc : QdiscKind
{
    /// <inheritdoc/>
    public override string Name => "ingress";
}

/// <summary>A kind this package does not model.</summary>
/// <param name="KindName">The kind's name in the kernel.</param>
public sealed record OtherQdisc(string KindName) : QdiscKind
{
    /// <inheritdoc/>
    public override string Name => KindName;
}
