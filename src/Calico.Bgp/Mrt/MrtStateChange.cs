namespace Calico.Bgp.Mrt;

/// <summary>A change of a session's state: BGP4MP_STATE_CHANGE and its four-octet form (RFC 6396 sections 4.4.1 and 4.4.4).</summary>
public readonly record struct MrtStateChange
{
    /// <summary>The session.</summary>
    public MrtSession Session { get; init; }

    /// <summary>The state before: 1 Idle, 2 Connect, 3 Active, 4 OpenSent, 5 OpenConfirm, 6 Established; some writers use others.</summary>
    public ushort OldState { get; init; }

    /// <summary>The state after, numbered like <see cref="OldState"/>.</summary>
    public ushort NewState { get; init; }

    /// <summary>Reads the record.</summary>
    /// <param name="record">A record whose content is <see cref="MrtContent.StateChange"/>.</param>
    /// <param name="change">The fields.</param>
    /// <param name="error">What is wrong.</param>
    /// <returns>False when the record is malformed.</returns>
    public static bool TryRead(in MrtRecord record, out MrtStateChange change, out MrtError error)
    {
        change = default;
        error = default;
        string? fault = null;
        var cursor = new MrtCursor(record.Body);
        if (record.Content != MrtContent.StateChange) fault = "It is not a state change.";
        else
        {
            MrtSession session = record.Type == MrtType.Bgp ? MrtSession.ReadLegacyPeer(ref cursor) : MrtSession.Read(ref cursor, record.Subtype == 5, out fault);
            change = new MrtStateChange { Session = session, OldState = cursor.U16(), NewState = cursor.U16() };
            if (cursor.IsCut) fault ??= "The state change is cut off.";
            else if (!cursor.Rest.IsEmpty) fault ??= $"{cursor.Rest.Length} octets follow the states.";
        }

        if (fault is not null) error = record.Fault(fault);
        return fault is null;
    }
}
