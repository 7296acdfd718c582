using System.Text;

namespace Calico.Netlink.NfTables;

/// <summary>Bytes that user space leaves beside a kernel object, in nft's layout: entries of one type byte, one length byte and content.</summary>
/// <remarks>The kernel keeps them unread. Source: libnftnl, include/libnftnl/udata.h. Comments end in a zero byte.</remarks>
public readonly struct NftUserData : IEquatable<NftUserData>
{
    /// <summary>The most the kernel takes (NFT_USERDATA_MAXLEN).</summary>
    public const int MaxLength = 256;

    private readonly byte[]? _bytes;

    /// <summary>Copies bytes as they are.</summary>
    /// <param name="bytes">Any bytes; entries that do not parse are kept and written back.</param>
    public NftUserData(ReadOnlySpan<byte> bytes) => _bytes = bytes.IsEmpty ? null : bytes.ToArray();

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _bytes is null;

    /// <summary>Finds an entry.</summary>
    /// <param name="type">The entry's type.</param>
    /// <param name="content">Its content.</param>
    /// <returns>False when there is none.</returns>
    public bool TryGet(byte type, out ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> rest = _bytes;
        while (rest.Length >= 2 && rest.Length >= 2 + rest[1])
        {
            content = rest.Slice(2, rest[1]);
            if (rest[0] == type) return true;
            rest = rest[(2 + rest[1])..];
        }

        content = default;
        return false;
    }

    /// <summary>A text entry, without its final zero.</summary>
    /// <param name="type">The entry's type.</param>
    /// <returns>The text, or null when there is none.</returns>
    public string? GetText(byte type) => TryGet(type, out ReadOnlySpan<byte> content) ? Encoding.UTF8.GetString(content.TrimEnd((byte)0)) : null;

    /// <summary>This user data with one more entry at its end.</summary>
    /// <param name="type">The entry's type.</param>
    /// <param name="content">At most 255 bytes.</param>
    /// <returns>The longer user data.</returns>
    /// <exception cref="ArgumentException">The entry is longer than 255 bytes or the whole longer than 256.</exception>
    public NftUserData Add(byte type, ReadOnlySpan<byte> content)
    {
        int length = Span.Length + 2 + content.Length;
        if (content.Length > byte.MaxValue || length > MaxLength)
            throw new ArgumentException($"User data of an nf_tables object holds at most {MaxLength} bytes; this entry of {content.Length} bytes makes it {length}.", nameof(content));
        byte[] bytes = new byte[length];
        Span.CopyTo(bytes);
        bytes[Span.Length] = type;
        bytes[Span.Length + 1] = (byte)content.Length;
        content.CopyTo(bytes.AsSpan(Span.Length + 2));
        return new(bytes);
    }

    /// <summary>This user data with a text entry at its end.</summary>
    /// <param name="type">The entry's type.</param>
    /// <param name="text">The text; null adds nothing. nft shows at most 128 bytes of a comment.</param>
    /// <returns>The longer user data.</returns>
    /// <exception cref="ArgumentException">The text is longer than 254 bytes of UTF-8.</exception>
    public NftUserData Add(byte type, string? text) => text is null ? this : Add(type, Encoding.UTF8.GetBytes(text + '\0'));

    /// <summary>This user data without the entries of a type.</summary>
    /// <param name="type">The entries' type.</param>
    /// <returns>The shorter user data; itself when there are none or its bytes are no entries.</returns>
    public NftUserData Without(byte type)
    {
        if (!TryGet(type, out _)) return this;
        NftUserData kept = default;
        ReadOnlySpan<byte> rest = _bytes;
        while (rest.Length >= 2 && rest.Length >= 2 + rest[1])
        {
            if (rest[0] != type) kept = kept.Add(rest[0], rest.Slice(2, rest[1]));
            rest = rest[(2 + rest[1])..];
        }

        return kept;
    }

    internal NftUserData Add(byte type, uint hostOrder) => Add(type, BitConverter.GetBytes(hostOrder));

    /// <inheritdoc/>
    public bool Equals(NftUserData other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NftUserData other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>The bytes in hexadecimal.</summary>
    /// <returns>Lower-case digits.</returns>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>Whether both have the same bytes.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when equal.</returns>
    public static bool operator ==(NftUserData left, NftUserData right) => left.Equals(right);

    /// <summary>Whether the bytes differ.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True when they differ.</returns>
    public static bool operator !=(NftUserData left, NftUserData right) => !left.Equals(right);
}
