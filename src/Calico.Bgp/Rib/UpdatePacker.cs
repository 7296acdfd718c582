using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>Builds UPDATEs of one attribute set, each as full as it can be.</summary>
internal ref struct UpdatePacker
{
    private readonly OutputWriter _output;
    private readonly Family _family;
    private readonly int _maximum;
    private readonly ReadOnlySpan<byte> _nextHop;
    private readonly int _pathIdLength;
    private Span<byte> _message;
    private ReadOnlySpan<byte> _trailing;
    private int _at;
    private int _limit;
    private bool _withdrawal;

    public UpdatePacker(OutputWriter output, Family family, ExportProfile profile, ReadOnlySpan<byte> nextHop)
    {
        _output = output;
        _family = family;
        _maximum = profile.MaximumLength;
        _nextHop = nextHop;
        _pathIdLength = profile.AddPath ? 4 : 0;
        NextHopInAttributes = family == Family.Ipv4Unicast && nextHop.Length == 4;
    }

    /// <summary>Whether NLRI go in the IPv4 field, with NEXT_HOP among the attributes.</summary>
    public bool NextHopInAttributes { get; }

    // Header, two lengths, and MP_REACH_NLRI up to its NLRI.
    private readonly int Overhead => MessageFrame.HeaderLength + 4 + (NextHopInAttributes ? 0 : 4 + 5 + _nextHop.Length);

    /// <summary>Whether a message can hold the attributes and one NLRI of this size.</summary>
    public readonly bool Fits(int attributesLength, int nlriLength) => Overhead + attributesLength + _pathIdLength + nlriLength <= _maximum;

    public readonly bool HasRoom(int nlriLength) => _at + _pathIdLength + nlriLength <= _limit;

    public void Open(ReadOnlySpan<byte> attributes)
    {
        _withdrawal = false;
        _message = _output.GetSpan(_maximum)[.._maximum];
        _message[19] = _message[20] = 0;
        if (NextHopInAttributes)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_message[21..], (ushort)attributes.Length);
            attributes.CopyTo(_message[23..]);
            _at = 23 + attributes.Length;
            _limit = _maximum;
            _trailing = default;
            return;
        }

        _message[23] = (byte)(AttributeFlags.Optional | AttributeFlags.ExtendedLength);
        _message[24] = (byte)AttributeType.MpReachNlri;
        BinaryPrimitives.WriteUInt16BigEndian(_message[27..], _family.Afi);
        _message[29] = _family.Safi;
        _message[30] = (byte)_nextHop.Length;
        _nextHop.CopyTo(_message[31..]);
        _at = 31 + _nextHop.Length;
        _message[_at++] = 0;
        _trailing = attributes;
        _limit = _maximum - attributes.Length;
    }

    public void OpenWithdrawal()
    {
        _withdrawal = true;
        _message = _output.GetSpan(_maximum)[.._maximum];
        if (_family == Family.Ipv4Unicast)
        {
            _at = 21;
            _limit = _maximum - 2;
            return;
        }

        _message[19] = _message[20] = 0;
        _message[23] = (byte)(AttributeFlags.Optional | AttributeFlags.ExtendedLength);
        _message[24] = (byte)AttributeType.MpUnreachNlri;
        BinaryPrimitives.WriteUInt16BigEndian(_message[27..], _family.Afi);
        _message[29] = _family.Safi;
        _at = 30;
        _limit = _maximum;
    }

    public void Add(Rib rib, int slot, uint pathId)
    {
        if (_pathIdLength != 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(_message[_at..], pathId);
            _at += 4;
        }

        _at += rib.WriteKey(slot, _message[_at..]);
    }

    public void Close()
    {
        if (_withdrawal && _family == Family.Ipv4Unicast)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_message[19..], (ushort)(_at - 21));
            _message[_at] = _message[_at + 1] = 0;
            _at += 2;
        }
        else if (_withdrawal || !NextHopInAttributes)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_message[25..], (ushort)(_at - 27));
            if (!_withdrawal)
            {
                _trailing.CopyTo(_message[_at..]);
                _at += _trailing.Length;
            }

            BinaryPrimitives.WriteUInt16BigEndian(_message[21..], (ushort)(_at - 23));
        }

        MessageWriter.WriteHeader(_message, MessageType.Update, _at);
        _output.Advance(_at);
    }
}
