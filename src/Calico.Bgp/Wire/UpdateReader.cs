using System.Buffers.Binary;

namespace Calico.Bgp;

/// <summary>The three fields of an UPDATE in place (RFC 4271 section 4.3).</summary>
public readonly ref struct UpdateReader
{
    private UpdateReader(ReadOnlySpan<byte> withdrawn, ReadOnlySpan<byte> attributes, ReadOnlySpan<byte> nlri)
    {
        Withdrawn = withdrawn;
        Attributes = attributes;
        Nlri = nlri;
    }

    /// <summary>Withdrawn Routes: IPv4 unicast prefixes.</summary>
    public ReadOnlySpan<byte> Withdrawn { get; }

    /// <summary>Path Attributes; walk them with <see cref="AttributeReader"/>.</summary>
    public ReadOnlySpan<byte> Attributes { get; }

    /// <summary>Network Layer Reachability Information: IPv4 unicast prefixes.</summary>
    public ReadOnlySpan<byte> Nlri { get; }

    /// <summary>Finds the fields.</summary>
    /// <param name="body">The message after its header.</param>
    /// <param name="update">The fields.</param>
    /// <param name="error">Malformed Attribute List when a length reaches past the end (RFC 4271 section 6.3).</param>
    /// <returns>False when the fields cannot be told apart.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, out UpdateReader update, out BgpError error)
    {
        update = default;
        error = default;
        if (body.Length >= 4)
        {
            int withdrawn = BinaryPrimitives.ReadUInt16BigEndian(body);
            if (withdrawn <= body.Length - 4)
            {
                int attributes = BinaryPrimitives.ReadUInt16BigEndian(body[(2 + withdrawn)..]);
                if (attributes <= body.Length - 4 - withdrawn)
                {
                    update = new UpdateReader(body.Slice(2, withdrawn), body.Slice(4 + withdrawn, attributes), body[(4 + withdrawn + attributes)..]);
                    return true;
                }
            }
        }

        error = BgpError.Update(1);
        return false;
    }
}
