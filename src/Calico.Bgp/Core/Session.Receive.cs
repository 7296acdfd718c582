using System.Buffers.Binary;

namespace Calico.Bgp;

// What comes in: framing, OPEN negotiation, and the messages of each state.
internal sealed partial class Session
{
    /// <summary>Takes whole messages off the front; returns the octets used.</summary>
    public int Receive(ReadOnlySpan<byte> input)
    {
        int used = 0;
        bool alive = false;
        long before = Neighbor.MessagesReceived;
        while (!IsClosed)
        {
            FrameStatus status = MessageFrame.TryRead(input[used..], MaximumLength, out MessageFrame message, out BgpError error);
            if (status == FrameStatus.Incomplete) break;
            if (status == FrameStatus.Invalid)
            {
                Fire(BgpEvent.HeaderError, error);
                return input.Length;
            }

            used += message.Raw.Length;
            Neighbor.MessagesReceived++;
            if (_core.IsWatched) _core.ShowReceived(this, message.Raw);
            if (_fsm.State == BgpState.Established && message.Type == MessageType.Update)
            {
                alive = true;
                Update(message);
            }
            else
            {
                Handle(message);
            }
        }

        BgpTelemetry.Received(Neighbor.MessagesReceived - before);
        if (alive && !IsClosed) RestartHold();
        return IsClosed ? input.Length : used;
    }

    private void Handle(in MessageFrame message)
    {
        switch (message.Type)
        {
            case MessageType.Open:
                Open(message);
                break;
            case MessageType.Notification:
                var notification = new NotificationReader(message.Body);
                BgpError said = notification.ToError();
                Neighbor.LastError = $"received {said}";
                _core.Log.NotificationReceived(Neighbor.Options.DisplayName, said);
                Fire(said is { Code: BgpErrorCode.OpenMessage, Subcode: 1 } ? BgpEvent.NotificationVersionError : BgpEvent.NotificationReceived, said);
                break;
            case MessageType.Keepalive:
                Fire(BgpEvent.KeepaliveReceived, Unexpected(message));
                break;
            case MessageType.RouteRefresh when _fsm.State == BgpState.Established:
                if (RouteRefreshReader.TryRead(message, EnhancedRefresh, out RouteRefreshReader refresh, out BgpError error)) _core.RefreshReceived(this, refresh);
                else Fire(BgpEvent.HeaderError, error);
                break;
            default:
                // UPDATE and ROUTE-REFRESH before Established.
                Fire(BgpEvent.UpdateReceived, Unexpected(message));
                break;
        }
    }

    private static BgpError Unexpected(in MessageFrame message) => new(0, 0, new[] { (byte)message.Type });

    private void Open(in MessageFrame message)
    {
        if (_fsm.State != BgpState.OpenSent && !_fsm.DelayOpenRunning)
        {
            // In Connect and Active without DelayOpen there is no connection to receive on; later it is unexpected.
            Fire(BgpEvent.OpenReceived, Unexpected(message));
            return;
        }

        if (!OpenReader.TryRead(message.Body, out OpenReader open, out BgpError error) || !Accept(open, out error))
        {
            Fire(BgpEvent.OpenError, error);
            return;
        }

        if (!_core.ResolveCollision(this)) return;
        ReceivedOpen = message.Raw.ToArray();
        Negotiate();
        Fire(_fsm.DelayOpenRunning ? BgpEvent.OpenReceivedWithDelayOpen : BgpEvent.OpenReceived);
    }

    /// <summary>RFC 4271 section 6.2, RFC 6286, 6793, 7607, 9234.</summary>
    private bool Accept(in OpenReader open, out BgpError error)
    {
        NeighborOptions options = Neighbor.Options;
        Theirs = BgpCapabilities.Read(open.Capabilities);
        if (_fsm.DelayOpenRunning) Ours = _core.CapabilitiesFor(Neighbor, Connection);
        Asn asn = Theirs.FourOctetAsn ?? new Asn(open.MyAsn);
        bool consistent = Theirs.FourOctetAsn is not { } four || (four.Is2Octet ? open.MyAsn == four.Value : open.MyAsn == Asn.Trans.Value);
        if (asn.Value == 0 || !consistent || (options.Asn is { } expected && expected != asn) || (Theirs.FourOctetAsn is null && asn == Asn.Trans))
        {
            error = BgpError.Open(2);
            return false;
        }

        bool isInternal = asn == _core.LocalAsnFor(Neighbor);
        if (open.HoldTime is 1 or 2)
        {
            Span<byte> theirs = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(theirs, open.HoldTime);
            error = BgpError.Open(6, theirs);
            return false;
        }

        if (open.Identifier == 0 || (open.Identifier == _core.RouterId && isInternal))
        {
            error = BgpError.Open(3);
            return false;
        }

        if (Theirs.ConflictingRoles || !RolesMatch(options, isInternal))
        {
            error = BgpError.Open(11);
            return false;
        }

        IReadOnlyList<Family> offered = Theirs.Families.Count == 0 ? [Family.Ipv4Unicast] : Theirs.Families;
        Families = [.. Ours.Families.Where(offered.Contains)];
        if (Families.Count == 0)
        {
            // The capabilities that would have been needed (RFC 5492 section 3).
            Span<byte> needed = stackalloc byte[256];
            int length = CapabilityWriter.Write(needed, new BgpCapabilities { Families = [.. Ours.Families.Take(16)] });
            error = BgpError.Open(7, needed[..length]);
            return false;
        }

        RemoteId = open.Identifier;
        RemoteAsn = asn;
        double hold = Math.Min(open.HoldTime, Math.Clamp((options.HoldTime ?? _core.Options.HoldTime).TotalSeconds, 0, 65535));
        HoldTime = TimeSpan.FromSeconds(hold);
        error = default;
        return true;
    }

    private bool RolesMatch(NeighborOptions options, bool isInternal)
    {
        if (options.Role is not { } ours || isInternal) return true;
        return Theirs.Role is not { } theirs ? !options.StrictRole : (ours, theirs) is
            (BgpRole.Provider, BgpRole.Customer) or (BgpRole.Customer, BgpRole.Provider) or (BgpRole.Peer, BgpRole.Peer)
            or (BgpRole.RouteServer, BgpRole.RouteServerClient) or (BgpRole.RouteServerClient, BgpRole.RouteServer);
    }

    private void Negotiate()
    {
        FourOctetAsn = Theirs.FourOctetAsn is not null;
        EnhancedRefresh = Theirs.EnhancedRouteRefresh && Ours.EnhancedRouteRefresh;
        MaximumLength = Theirs.ExtendedMessage && Ours.ExtendedMessage ? MessageFrame.ExtendedMaximumLength : MessageFrame.MaximumLength;
        _core.Describe(this);
        _decoder = new UpdateDecoder(new UpdateDecoderOptions
        {
            FourOctetAsn = FourOctetAsn,
            IsExternal = Neighbor.Source.IsExternal || Neighbor.Source.IsConfedExternal,
            IsConfederation = !Neighbor.Source.IsExternal && _core.Options.Confederation is not null,
            FirstAsn = Neighbor.Source.IsExternal && Neighbor.Options.EnforceFirstAs ? RemoteAsn : null,
            Families = Families,
            AddPath = [.. Families.Where(ReceivesPaths)],
            ExtendedNextHop = Ours.ExtendedNextHop.Any(Theirs.ExtendedNextHop.Contains),
        });
    }

    public bool ReceivesPaths(Family family) => Ours.AddPath.Any(a => a.Family == family && (a.Mode & AddPathMode.Receive) != 0)
        && Theirs.AddPath.Any(a => a.Family == family && (a.Mode & AddPathMode.Send) != 0);

    public bool SendsPaths(Family family) => Ours.AddPath.Any(a => a.Family == family && (a.Mode & AddPathMode.Send) != 0)
        && Theirs.AddPath.Any(a => a.Family == family && (a.Mode & AddPathMode.Receive) != 0);

    private void Update(in MessageFrame message)
    {
        Neighbor.UpdatesReceived++;
        DecodedUpdate update = _decoder!.Decode(message.Body);
        if (update.Treatment == ErrorTreatment.SessionReset)
        {
            Fire(BgpEvent.UpdateError, update.Error);
            return;
        }

        if (update.Treatment != ErrorTreatment.None)
        {
            Neighbor.MalformedUpdates++;
            BgpTelemetry.Malformed(update.Treatment);
            _core.Log.MalformedUpdate(Neighbor.Options.DisplayName, update.Treatment, update.Error);
        }

        _core.UpdateReceived(this, update);
    }
}
