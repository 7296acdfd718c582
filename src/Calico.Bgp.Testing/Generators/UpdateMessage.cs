using System.Buffers;
using System.Net;

namespace Calico.Bgp.Testing;

/// <summary>An UPDATE as a value: one set of attributes for some prefixes, or withdrawals.</summary>
/// <param name="Family">IPv4 or IPv6 unicast; all prefixes are of it.</param>
/// <param name="Attributes">The attributes of what is announced; null when prefixes are withdrawn.</param>
/// <param name="Prefixes">What is announced or withdrawn; at least one.</param>
public sealed record UpdateMessage(Family Family, PathAttributes? Attributes, IReadOnlyList<IPNetwork> Prefixes)
{
    /// <summary>Whether it withdraws.</summary>
    public bool IsWithdrawal => Attributes is null;

    /// <summary>The whole message, header and all.</summary>
    /// <returns>Octets for the wire, with AS numbers of four octets.</returns>
    /// <exception cref="InvalidOperationException">It is longer than an extended message may be (65,535 octets).</exception>
    public byte[] ToBytes()
    {
        var nlri = new ArrayBufferWriter<byte>();
        foreach (IPNetwork prefix in Prefixes) NlriWriter.WritePrefix(nlri, prefix);
        var message = new ArrayBufferWriter<byte>();
        bool fits = Attributes is { } attributes
            ? UpdateWriter.TryWrite(message, Family, attributes, nlri.WrittenSpan, MessageFrame.ExtendedMaximumLength)
            : UpdateWriter.TryWriteWithdrawal(message, Family, nlri.WrittenSpan, MessageFrame.ExtendedMaximumLength);
        if (!fits) throw new InvalidOperationException($"{Prefixes.Count} prefixes do not fit into one message.");
        return message.WrittenSpan.ToArray();
    }

    /// <summary>For people.</summary>
    /// <returns>What is announced with which attributes, or withdrawn.</returns>
    public override string ToString() => IsWithdrawal ? $"withdraw {string.Join(' ', Prefixes)}" : $"announce {string.Join(' ', Prefixes)} {Attributes}";
}
