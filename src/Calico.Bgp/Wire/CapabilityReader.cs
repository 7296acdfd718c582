namespace Calico.Bgp;

/// <summary>Capability codes (IANA, RFC 5492).</summary>
public enum CapabilityCode : byte
{
    /// <summary>Multiprotocol extensions (RFC 4760).</summary>
    Multiprotocol = 1,

    /// <summary>Route refresh (RFC 2918).</summary>
    RouteRefresh = 2,

    /// <summary>Extended next hop encoding (RFC 8950).</summary>
    ExtendedNextHop = 5,

    /// <summary>Extended message (RFC 8654).</summary>
    ExtendedMessage = 6,

    /// <summary>Role (RFC 9234).</summary>
    Role = 9,

    /// <summary>Graceful restart (RFC 4724).</summary>
    GracefulRestart = 64,

    /// <summary>Four-octet AS number (RFC 6793).</summary>
    FourOctetAsn = 65,

    /// <summary>ADD-PATH (RFC 7911).</summary>
    AddPath = 69,

    /// <summary>Enhanced route refresh (RFC 7313).</summary>
    EnhancedRouteRefresh = 70,

    /// <summary>Long-lived graceful restart (RFC 9494).</summary>
    LongLivedGracefulRestart = 71,
}

/// <summary>Walks the capabilities of an OPEN whose optional parameters have been checked.</summary>
public ref struct CapabilityReader
{
    private readonly bool _extended;
    private ReadOnlySpan<byte> _parameters;
    private ReadOnlySpan<byte> _capabilities;

    internal CapabilityReader(ReadOnlySpan<byte> parameters, bool extended)
    {
        _parameters = parameters;
        _extended = extended;
    }

    /// <summary>Takes the next capability.</summary>
    /// <param name="code">Its code.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False at the end.</returns>
    public bool TryRead(out CapabilityCode code, out ReadOnlySpan<byte> value)
    {
        while (_capabilities.Length < 2)
        {
            int header = _extended ? 3 : 2;
            if (_parameters.Length < header)
            {
                code = default;
                value = default;
                return false;
            }

            int length = _extended ? _parameters[1] << 8 | _parameters[2] : _parameters[1];
            _capabilities = _parameters.Slice(header, length);
            _parameters = _parameters[(header + length)..];
        }

        code = (CapabilityCode)_capabilities[0];
        value = _capabilities.Slice(2, _capabilities[1]);
        _capabilities = _capabilities[(2 + value.Length)..];
        return true;
    }
}
