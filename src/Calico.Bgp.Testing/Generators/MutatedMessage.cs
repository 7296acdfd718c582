namespace Calico.Bgp.Testing;

/// <summary>How octets are spoilt.</summary>
public enum MutationKind
{
    /// <summary>An octet gets another value.</summary>
    Replace,

    /// <summary>An octet more.</summary>
    Insert,

    /// <summary>An octet less.</summary>
    Delete,

    /// <summary>An octet one higher: lengths and codes just past what is right.</summary>
    Increment,

    /// <summary>Everything from here on is cut.</summary>
    Truncate,
}

/// <summary>One spoilt place.</summary>
/// <param name="Kind">How.</param>
/// <param name="Offset">Where, from the start of the message body; taken modulo its length.</param>
/// <param name="Value">The new octet, for those that need one.</param>
public readonly record struct Mutation(MutationKind Kind, int Offset, byte Value);

/// <summary>An UPDATE that is nearly valid: the header is right, some octets after it are not.</summary>
/// <param name="Original">What it was.</param>
/// <param name="Mutations">What was done to it, in order.</param>
public sealed record MutatedMessage(UpdateMessage Original, IReadOnlyList<Mutation> Mutations)
{
    /// <summary>The whole message; its header has the length it now has.</summary>
    /// <returns>Octets for the wire.</returns>
    public byte[] ToBytes()
    {
        byte[] whole = Original.ToBytes();
        var body = new List<byte>(whole.AsSpan(MessageFrame.HeaderLength).ToArray());
        foreach (Mutation mutation in Mutations) Apply(body, mutation);
        int length = MessageFrame.HeaderLength + body.Count;
        (whole[16], whole[17]) = ((byte)(length >> 8), (byte)length);
        return [.. whole.AsSpan(0, MessageFrame.HeaderLength), .. body];
    }

    /// <summary>For people.</summary>
    /// <returns>The original, what was done to it, and the octets.</returns>
    public override string ToString() => $"{Original} with {string.Join(", ", Mutations)}: {Convert.ToHexString(ToBytes())}";

    private static void Apply(List<byte> body, Mutation mutation)
    {
        int at = body.Count == 0 ? 0 : (int)((uint)mutation.Offset % (uint)body.Count);
        if (mutation.Kind == MutationKind.Insert) body.Insert(at, mutation.Value);
        if (body.Count == 0) return;
        switch (mutation.Kind)
        {
            case MutationKind.Replace:
                body[at] = mutation.Value;
                break;
            case MutationKind.Increment:
                body[at]++;
                break;
            case MutationKind.Delete:
                body.RemoveAt(at);
                break;
            case MutationKind.Truncate:
                body.RemoveRange(at, body.Count - at);
                break;
        }
    }
}
