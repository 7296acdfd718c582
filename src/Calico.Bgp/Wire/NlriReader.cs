using System.Buffers.Binary;
using System.Net;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>One NLRI inside a message.</summary>
public readonly ref struct Nlri
{
    internal Nlri(Family family, uint pathId, ReadOnlySpan<byte> octets)
    {
        Family = family;
        PathId = pathId;
        Octets = octets;
    }

    /// <summary>The family.</summary>
    public Family Family { get; }

    /// <summary>The path identifier of ADD-PATH; 0 without.</summary>
    public uint PathId { get; }

    /// <summary>The NLRI in wire form, without path identifier, with its length.</summary>
    public ReadOnlySpan<byte> Octets { get; }

    /// <summary>The prefix, labels and route distinguisher left out.</summary>
    /// <returns>Null for families without prefixes (FlowSpec, EVPN).</returns>
    public IPNetwork? ToIPNetwork() => NlriForm.TryGetPrefix(Family, Octets, out IpPrefix prefix) ? prefix.ToIPNetwork() : null;

    /// <summary>The text people know: a prefix, <c>RD:prefix</c>, <see cref="FlowSpecText"/> or <see cref="EvpnText"/>; hexadecimal octets for what is unknown or malformed.</summary>
    /// <returns>For example <c>10.0.0.0/8</c>.</returns>
    public override string ToString() => NlriForm.Format(Family, Octets);
}

/// <summary>Walks NLRI of any known family (RFC 4271, 7911, 8277, 4364, 8955, 7432).</summary>
public ref struct NlriReader
{
    private readonly Family _family;
    private readonly bool _addPath;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts at the first NLRI.</summary>
    /// <param name="family">The family.</param>
    /// <param name="field">The NLRI, or withdrawn, field.</param>
    /// <param name="addPath">Whether each has a path identifier (RFC 7911).</param>
    public NlriReader(Family family, ReadOnlySpan<byte> field, bool addPath = false)
    {
        _family = family;
        _rest = field;
        _addPath = addPath;
    }

    /// <summary>Whether the walk ended at octets that are no NLRI of the family.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Takes the next NLRI.</summary>
    /// <param name="nlri">The NLRI; valid as long as the field is.</param>
    /// <returns>False at the end, or when the rest is malformed.</returns>
    public bool TryRead(out Nlri nlri)
    {
        nlri = default;
        if (_rest.IsEmpty) return false;
        if (!NlriForm.TryNext(_family, ref _rest, _addPath, out uint pathId, out ReadOnlySpan<byte> octets))
        {
            IsMalformed = true;
            return false;
        }

        nlri = new Nlri(_family, pathId, octets);
        return true;
    }
}
