namespace Calico.Netlink;

/// <summary>How a <see cref="NflogListener"/> receives packets.</summary>
public sealed record NflogOptions
{
    /// <summary>Bytes of each packet to copy, 0 to 65,535. Default 65,535.</summary>
    public uint CopyRange { get; init; } = 65_535;

    /// <summary>Packets the kernel gathers before it sends them. Default 1: at once.</summary>
    public uint FlushThreshold { get; init; } = 1;

    /// <summary>How long the kernel gathers at most. Default 10 ms, in steps of 10 ms.</summary>
    public TimeSpan FlushTimeout { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Bytes of the kernel's gathering buffer, up to 131,072. Default 65,536.</summary>
    public uint KernelBufferBytes { get; init; } = 65_536;

    /// <summary>Namespace and receive buffer of the socket.</summary>
    public NetlinkConnectionOptions Connection { get; init; } = new();

    /// <summary>What happens when the reader is too slow: by default the next packet tells how many were lost before it.</summary>
    public NetlinkOverflow Overflow { get; init; }
}
