using System.Net;

namespace Calico.Bgp;

/// <summary>A neighbour with its sessions: one, or two while they collide.</summary>
internal sealed class Neighbor
{
    public Neighbor(BgpCore core, NeighborOptions options, IPAddress address, ushort index, bool dynamic)
    {
        Core = core;
        Options = options;
        Address = address;
        IsDynamic = dynamic;
        Source = new PathSource { Index = index, Party = new RouteParty { Address = address, Name = options.Name } };
        ConnectRetry = core.Timers.Create(() => core.ConnectRetryExpired(this));
        RestartTimer = core.Timers.Create(() => core.RestartTimeOver(this));
        StaleTimer = core.Timers.Create(() => core.StaleTimeOver(this));
        LongStaleTimer = core.Timers.Create(() => core.LongStaleTimeOver(this));
        Since = core.Timers.Time.GetUtcNow();
    }

    public BgpCore Core { get; }
    public NeighborOptions Options { get; set; }
    public IPAddress Address { get; }
    public bool IsDynamic { get; }
    public PathSource Source { get; }
    public Dictionary<Family, NeighborFamily> Families { get; } = [];
    public List<Session> Sessions { get; } = [];
    public BgpDial? Dial { get; set; }
    public CoreTimer ConnectRetry { get; }
    public CoreTimer RestartTimer { get; }
    public CoreTimer StaleTimer { get; }
    public CoreTimer LongStaleTimer { get; }

    /// <summary>State while there is no connection: Idle, Connect or Active.</summary>
    public FsmState Waiting { get; set; } = new(BgpState.Idle);
    public bool IsHeldDown { get; set; }
    public bool IsRemoved { get; set; }
    public int Failures { get; set; }
    public DateTimeOffset Since { get; set; }
    public string? LastError { get; set; }
    public int TimesEstablished { get; set; }
    public long MessagesReceived { get; set; }
    public long MessagesSent { get; set; }
    public long UpdatesReceived { get; set; }
    public long UpdatesSent { get; set; }
    public long MalformedUpdates { get; set; }
    public long Rejected { get; set; }

    /// <summary>The capability of its last session, for the time it is away.</summary>
    public BgpCapabilities? LastCapabilities { get; set; }
    public bool HasStaleRoutes { get; set; }

    public Session? Established => Sessions.Find(s => s.State == BgpState.Established);

    public bool IsEnabled => !Options.Shutdown && !IsHeldDown && !IsRemoved;

    public BgpState State
    {
        get
        {
            BgpState state = Waiting.State;
            foreach (Session session in Sessions)
            {
                if (session.State > state) state = session.State;
            }

            return state;
        }
    }

    public NeighborFamily FamilyOf(Family family)
    {
        if (!Families.TryGetValue(family, out NeighborFamily? found)) Families[family] = found = new NeighborFamily(this, Core.RibOf(family));
        return found;
    }
}

/// <summary>A neighbour in one family: what came from it and what it gets.</summary>
internal sealed class NeighborFamily(Neighbor neighbor, Rib rib) : IExportMember
{
    public Neighbor Neighbor { get; } = neighbor;
    public Rib Rib { get; } = rib;
    public Session? Session { get; set; }
    public ExportLane? Lane { get; set; }
    public bool AddPathReceive { get; set; }
    public int Accepted { get; set; }

    /// <summary>Whether End-of-RIB came on the present session.</summary>
    public bool EndOfRibReceived { get; set; }

    /// <summary>Whether the first full set of routes has been sent on the present session.</summary>
    public bool EndOfRibSent { get; set; }

    /// <summary>Whether an answer to ROUTE-REFRESH is under way, to be ended with EoRR (RFC 7313).</summary>
    public bool RefreshAnswering { get; set; }

    /// <summary>Whether the neighbour is sending its routes again between BoRR and EoRR.</summary>
    public bool RefreshReceiving { get; set; }

    /// <summary>Received routes before policy, when kept (soft reconfiguration).</summary>
    public Dictionary<(Net.IpPrefix Prefix, uint PathId), PathAttributes>? AdjRibIn { get; set; }

    public ushort SourceIndex => Neighbor.Source.Index;

    public long QueuedBytes => Session?.Connection.QueuedBytes ?? 0;

    public void Send(OutgoingBytes bytes, int updates)
    {
        if (Session is null)
        {
            bytes.Release();
            return;
        }

        Neighbor.UpdatesSent += updates;
        Neighbor.MessagesSent += updates;
        BgpTelemetry.Sent(updates);
        Session.Send(bytes);
    }

    public void CaughtUp()
    {
        if (Session is not { } session) return;
        if (RefreshAnswering)
        {
            RefreshAnswering = false;
            session.Write(w => MessageWriter.WriteRouteRefresh(w, Rib.Family, RouteRefreshSubtype.End));
        }

        if (EndOfRibSent) return;
        EndOfRibSent = true;
        session.Write(w => MessageWriter.WriteEndOfRib(w, Rib.Family));
    }
}
