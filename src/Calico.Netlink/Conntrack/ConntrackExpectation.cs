namespace Calico.Netlink;

/// <summary>A connection that another one announced, such as FTP's data connection: its first packet will be taken for related (CTA_EXPECT_*).</summary>
public sealed record ConntrackExpectation
{
    /// <summary>The original direction of the connection that announced it.</summary>
    public required FlowTuple Master { get; init; }

    /// <summary>What is expected, under <see cref="Mask"/>.</summary>
    public required FlowTuple Tuple { get; init; }

    /// <summary>Which bits of <see cref="Tuple"/> count: zero addresses and ports match any.</summary>
    public required FlowTuple Mask { get; init; }

    /// <summary>Seconds until it is forgotten; 0 when it does not expire.</summary>
    public uint TimeoutSeconds { get; init; }

    /// <summary>The zone; 0 is the default one.</summary>
    public ushort Zone { get; init; }

    /// <summary>The kernel's id.</summary>
    public uint Id { get; init; }

    /// <summary>NF_CT_EXPECT_* bits: permanent (1), inactive (2), made by user space (4).</summary>
    public uint Flags { get; init; }

    /// <summary>The helper that made it; empty without.</summary>
    public string Helper { get; init; } = "";

    /// <summary>Decodes a message of the expectation subsystem; false for anything else and for bytes that are no expectation.</summary>
    public static bool TryDecode(in NetlinkMessage message, out ConntrackExpectation expectation) => ExpectationMessages.TryDecode(message, out expectation);
}
