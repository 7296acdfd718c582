using System.Net;

namespace Calico.Bgp;

// Reconfiguration: what differs is touched, nothing else. And status.
public sealed partial class BgpCore
{
    /// <summary>Makes the speaker what the options say.</summary>
    /// <param name="options">The whole new configuration.</param>
    /// <remarks>A neighbour whose session depends on a changed option is reset (Cease/6); changed filters and limits apply without a reset.
    /// A new AS, router id or confederation resets all.</remarks>
    /// <exception cref="ArgumentException">The options contradict themselves; nothing has changed.</exception>
    public void Apply(BgpSpeakerOptions options)
    {
        OptionsCheck.ThrowIfInvalid(options);
        BgpSpeakerOptions before = Options;
        bool all = options.Asn != before.Asn || !options.RouterId.Equals(before.RouterId) || !Equals(options.ClusterId, before.ClusterId)
            || !SameConfederation(options.Confederation, before.Confederation);
        bool policy = options.EbgpRequiresPolicy != before.EbgpRequiresPolicy || options.DefaultLocalPreference != before.DefaultLocalPreference;
        bool selection = options.BestPath != before.BestPath;
        Options = options;
        RouterId = Number(options.RouterId);
        Configure();
        if (!IsRunning) return;
        foreach (Neighbor neighbor in _neighbors.Values.ToArray()) Reconfigure(neighbor, all, policy);
        foreach (NeighborOptions added in options.Neighbors)
        {
            if (added.Address is { } address && !_neighbors.ContainsKey(Normalize(address))) AddNeighbor(added);
        }

        if (!selection) return;
        foreach (Rib rib in _ribs.Values)
        {
            rib.TellEveryPath |= options.BestPath.MaximumPaths > 1;
            rib.ReselectAll();
        }
    }

    private void Reconfigure(Neighbor neighbor, bool reset, bool policy)
    {
        NeighborOptions? wanted = Wanted(neighbor);
        NeighborOptions before = neighbor.Options;
        if (wanted is null)
        {
            neighbor.IsRemoved = true;
            StopNeighbor(neighbor, new BgpError(BgpErrorCode.Cease, CeaseSubcode.PeerDeconfigured));
            if (_neighbors.ContainsKey(neighbor.Address)) Remove(neighbor);
            return;
        }

        bool changed = !NeighborComparison.Same(before, wanted);
        if (changed) neighbor.IsHeldDown = false;
        neighbor.Options = wanted;
        if (wanted.Shutdown && !before.Shutdown)
        {
            StopNeighbor(neighbor, new BgpError(BgpErrorCode.Cease, CeaseSubcode.AdministrativeShutdown, BgpErrorText.Communication(wanted.ShutdownMessage)));
            return;
        }

        if (reset || !NeighborComparison.SameSession(before, wanted))
        {
            StopNeighbor(neighbor, new BgpError(BgpErrorCode.Cease, CeaseSubcode.ConfigurationChange));
            if (_neighbors.ContainsKey(neighbor.Address)) StartNeighbor(neighbor, first: true);
            return;
        }

        if (neighbor.Established is not { } session)
        {
            if (changed) StartNeighbor(neighbor, first: true);
            return;
        }

        neighbor.Source.Party = session.Party;
        bool import = policy || !NeighborComparison.SameImport(before, wanted);
        bool export = policy || !NeighborComparison.SameExport(before, wanted);
        foreach (Family family in session.Families)
        {
            NeighborFamily member = neighbor.FamilyOf(family);
            if (export) TellAgain(member);
            if (import) ImportAgain(session, member);
        }
    }

    private NeighborOptions? Wanted(Neighbor neighbor)
    {
        if (!neighbor.IsDynamic) return Options.Neighbors.FirstOrDefault(n => n.Address is { } address && Normalize(address).Equals(neighbor.Address));
        return Options.Neighbors.FirstOrDefault(n => n.Range is not null && n.Range == neighbor.Options.Range);
    }

    private void ImportAgain(Session session, NeighborFamily member)
    {
        if (member.AdjRibIn is { } kept)
        {
            Span<byte> nlri = stackalloc byte[32];
            foreach (((Net.IpPrefix prefix, uint pathId), PathAttributes attributes) in kept.ToArray())
            {
                int length = NlriForm.Write(prefix, member.AddPathReceive ? pathId : null, nlri);
                PathAttributes interned = Intern(_attributes.Intern(attributes));
                Import(session, member, nlri[..length], interned);
                _attributes.ReleaseIfUnused(interned);
                if (session.IsClosed) return;
            }
        }
        else if (session.Theirs.RouteRefresh)
        {
            Family family = member.Rib.Family;
            session.Write(w => MessageWriter.WriteRouteRefresh(w, family));
        }
        else
        {
            session.Fire(BgpEvent.AutomaticStop, new BgpError(BgpErrorCode.Cease, CeaseSubcode.ConfigurationChange));
        }
    }

    private static bool SameConfederation(ConfederationOptions? a, ConfederationOptions? b) =>
        a is null ? b is null : b is not null && a.Identifier == b.Identifier && a.Members.SequenceEqual(b.Members);

    /// <summary>Resets a neighbour's session.</summary>
    /// <param name="address">The neighbour.</param>
    /// <param name="message">Said with the Cease (RFC 9003).</param>
    /// <returns>False when there is no such neighbour.</returns>
    public bool Reset(IPAddress address, string? message = null)
    {
        if (!_neighbors.TryGetValue(Normalize(address), out Neighbor? neighbor)) return false;
        neighbor.IsHeldDown = false;
        StopNeighbor(neighbor, new BgpError(BgpErrorCode.Cease, CeaseSubcode.AdministrativeReset, BgpErrorText.Communication(message)));
        if (_neighbors.ContainsKey(neighbor.Address)) StartNeighbor(neighbor, first: true);
        return true;
    }

    /// <summary>Asks a neighbour to send its routes again (RFC 2918).</summary>
    /// <param name="address">The neighbour.</param>
    /// <returns>False when there is no session, or the neighbour cannot.</returns>
    public bool RequestRefresh(IPAddress address)
    {
        if (!_neighbors.TryGetValue(Normalize(address), out Neighbor? neighbor) || neighbor.Established is not { Theirs.RouteRefresh: true } session) return false;
        foreach (Family family in session.Families) session.Write(w => MessageWriter.WriteRouteRefresh(w, family));
        return true;
    }

    /// <summary>All neighbours as they are now, in order of address.</summary>
    /// <returns>A snapshot.</returns>
    public IReadOnlyList<NeighborStatus> Neighbors() => [.. _neighbors.Values.OrderBy(n => n.Source.AddressOrder).Select(Status)];

    private static NeighborStatus Status(Neighbor neighbor)
    {
        Session? session = neighbor.Sessions.MaxBy(s => s.State);
        return new NeighborStatus
        {
            Name = neighbor.Options.DisplayName,
            Address = neighbor.Address,
            Asn = session is { State: >= BgpState.OpenConfirm } ? session.RemoteAsn : neighbor.Options.Asn,
            IsInternal = neighbor.Options.Asn is { } asn ? asn == neighbor.Core.LocalAsnFor(neighbor) : session is not null && !neighbor.Source.IsExternal,
            IsDynamic = neighbor.IsDynamic,
            State = neighbor.State,
            Since = neighbor.Since,
            RouterId = session is { State: >= BgpState.OpenConfirm } ? Net.IpPrefix.V4(session.RemoteId).ToAddress() : null,
            LocalEndPoint = session?.Connection.LocalEndPoint,
            RemoteEndPoint = session?.Connection.RemoteEndPoint,
            HoldTime = session?.HoldTime ?? TimeSpan.Zero,
            Families = session?.Families ?? [],
            MessagesReceived = neighbor.MessagesReceived,
            MessagesSent = neighbor.MessagesSent,
            UpdatesReceived = neighbor.UpdatesReceived,
            UpdatesSent = neighbor.UpdatesSent,
            PrefixesAccepted = neighbor.Families.Values.Sum(f => f.Accepted),
            PrefixesRejected = neighbor.Rejected,
            PrefixesReceived = neighbor.Families.Values.Sum(f => f.AdjRibIn?.Count ?? f.Accepted) + (neighbor.Options.SoftReconfiguration ? 0 : neighbor.Rejected),
            PrefixesAdvertised = neighbor.Families.Values.Sum(f => f.Lane?.CountSent(f.SourceIndex) ?? 0),
            TimesEstablished = neighbor.TimesEstablished,
            MalformedUpdates = neighbor.MalformedUpdates,
            IsRestarting = neighbor.HasStaleRoutes && neighbor.Established is null,
            BytesQueued = session?.Connection.QueuedBytes ?? 0,
            LastError = neighbor.LastError,
        };
    }
}
