namespace Calico.Bgp;

/// <summary>Messages on their way, with what their session has settled: a trace of a speaker is <c>speaker.Tracer = static (in trace) => Console.Error.WriteLine(trace.ToString())</c>.</summary>
public readonly ref struct BgpTrace
{
    internal BgpTrace(Session session, ReadOnlySpan<byte> messages, bool isSent)
    {
        Neighbor = session.Neighbor.Options.DisplayName;
        Messages = messages;
        IsSent = isSent;
        FourOctetAsn = session.State < BgpState.OpenConfirm || session.FourOctetAsn;
        AddPath = [.. session.Families.Where(isSent ? session.SendsPaths : session.ReceivesPaths)];
    }

    /// <summary>Name or address of the neighbour.</summary>
    public string Neighbor { get; }

    /// <summary>Whether we sent the messages.</summary>
    public bool IsSent { get; }

    /// <summary>One whole message, or several.</summary>
    public ReadOnlySpan<byte> Messages { get; }

    /// <summary>Whether AS paths have four-octet numbers.</summary>
    public bool FourOctetAsn { get; }

    /// <summary>Families whose NLRI have path identifiers.</summary>
    public IReadOnlyList<Family> AddPath { get; }

    /// <summary>A line for each message: an arrow, the neighbour, the message as text.</summary>
    /// <returns>For example <c>&lt;- 10.0.0.2 KEEPALIVE</c>.</returns>
    public override string ToString()
    {
        string head = $"{(IsSent ? "->" : "<-")} {Neighbor} ";
        return head + BgpMessageText.Format(Messages, FourOctetAsn, AddPath).Replace("\n", "\n" + head, StringComparison.Ordinal);
    }
}
