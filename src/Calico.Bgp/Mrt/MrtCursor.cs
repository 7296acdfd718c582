using System.Buffers.Binary;
using System.Net;

namespace Calico.Bgp.Mrt;

/// <summary>Takes fields off the front; once one reaches past the end all that follow are empty, and <see cref="IsCut"/> is set.</summary>
internal ref struct MrtCursor(ReadOnlySpan<byte> octets)
{
    private readonly int _length = octets.Length;

    public ReadOnlySpan<byte> Rest { get; private set; } = octets;

    public bool IsCut { get; private set; }

    public readonly int Position => _length - Rest.Length;

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > Rest.Length || IsCut)
        {
            IsCut = true;
            Rest = default;
            return default;
        }

        ReadOnlySpan<byte> taken = Rest[..count];
        Rest = Rest[count..];
        return taken;
    }

    public byte U8() => Take(1) is { Length: 1 } b ? b[0] : (byte)0;

    public ushort U16() => Take(2) is { Length: 2 } b ? BinaryPrimitives.ReadUInt16BigEndian(b) : (ushort)0;

    public uint U32() => Take(4) is { Length: 4 } b ? BinaryPrimitives.ReadUInt32BigEndian(b) : 0;

    public Asn Asn(bool fourOctets) => fourOctets ? U32() : U16();

    public IPAddress Address(bool v6) => Take(v6 ? 16 : 4) is { Length: > 0 } b ? new IPAddress(b) : IPAddress.None;
}
