namespace Calico.Bgp;

[Flags]
internal enum PathFlags : byte
{
    None = 0,

    /// <summary>Its neighbour is restarting (RFC 4724), or is sending its table again (RFC 7313).</summary>
    Stale = 1,

    /// <summary>Its neighbour has been away for long (RFC 9494).</summary>
    LongStale = 2,
}

/// <summary>One path to a destination; the paths of a destination are a list by <see cref="Next"/>, the best first. 0 is no path.</summary>
internal struct RibPath
{
    public int Next;
    public int Attributes;
    public uint PathId;
    public ushort Source;
    public ushort Preference;
    public PathFlags Flags;
}

/// <summary>Where paths come from, as far as selection and export need to know. Index 0 is nobody, 1 the speaker itself.</summary>
internal sealed class PathSource
{
    public const ushort LocalIndex = 1;

    public required ushort Index { get; init; }
    public required RouteParty Party { get; set; }

    /// <summary>In another AS, members of the own confederation excepted.</summary>
    public bool IsExternal { get; set; }

    /// <summary>In another member AS of the own confederation.</summary>
    public bool IsConfedExternal { get; set; }
    public bool IsClient { get; set; }
    public bool IsLocal => Index == LocalIndex;
    public uint RouterId { get; set; }
    public UInt128 AddressOrder { get; set; }
    public string? Interface { get; set; }
}
