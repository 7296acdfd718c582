using System.Net;

namespace Calico.Bgp.Testing;

/// <summary>One end of a connection in memory. What it sends arrives in order at the other end, after the link's delay.</summary>
internal sealed class PipeEnd(SimulatedNetwork network, SimulatedLink link, SimulatedSpeaker owner, IPEndPoint local, IPEndPoint remote) : IBgpConnection
{
    private const long Drained = 256 * 1024;
    private readonly Queue<Parcel> _stalled = new();
    private byte[] _unused = [];
    private long _lastArrival;
    private bool _isClosed;

    private readonly record struct Parcel(byte[] Octets, bool IsLast = false, string? Reason = null, Action? Connected = null);

    public SimulatedSpeaker Owner { get; } = owner;

    public PipeEnd Peer { get; set; } = null!;

    /// <summary>What to do when the connection breaks before the dialling end knows of it.</summary>
    public Action<string>? Refused { get; set; }

    public IPEndPoint LocalEndPoint => local;

    public IPEndPoint RemoteEndPoint => remote;

    public long QueuedBytes { get; private set; }

    /// <summary>The first to arrive at the other end: the connection is up.</summary>
    public void Answer(Action connected) => Post(new Parcel([], Connected: connected));

    public void Send(OutgoingBytes bytes)
    {
        byte[] octets = bytes.Memory.ToArray();
        bytes.Release();
        if (_isClosed) return;
        QueuedBytes += octets.Length;
        Post(new Parcel(octets));
    }

    public void Close()
    {
        if (_isClosed) return;
        _isClosed = true;
        link.Detach(this);
        Post(new Parcel([], IsLast: true));
    }

    /// <summary>The connection is gone without the other end's doing.</summary>
    public void Break(string? reason)
    {
        if (_isClosed) return;
        _isClosed = true;
        link.Detach(this);
        if (Refused is { } refused) refused(reason ?? "connection refused");
        else Owner.Core.Closed(this, reason);
        Owner.Touch();
    }

    /// <summary>The process at this end is gone; the kernel says so to the other end.</summary>
    public void Vanish()
    {
        if (_isClosed) return;
        _isClosed = true;
        link.Detach(this);
        Post(new Parcel([], IsLast: true, Reason: "connection reset"));
    }

    /// <summary>The link is back: what waited goes on, at both ends, for a closed end is no longer known to the link.</summary>
    public void Resume()
    {
        ResumeThis();
        if (Peer._isClosed) Peer.ResumeThis();
    }

    private void ResumeThis()
    {
        if (_stalled.Count > 0) Schedule(counts: true, DeliverStalled);
    }

    // KEEPALIVEs go on for ever: they do not keep the network from being quiet.
    private static bool Counts(in Parcel parcel) => parcel.IsLast || parcel.Octets.Length != MessageFrame.HeaderLength;

    private void Post(Parcel parcel) => Schedule(Counts(parcel), () => Arrive(parcel));

    private void Schedule(bool counts, Action arrive)
    {
        _lastArrival = Math.Max(_lastArrival + 1, network.Time.GetTimestamp() + link.NextDelay().Ticks);
        if (counts) network.UnderWay++;
        network.ScheduleAt(_lastArrival, () =>
        {
            if (counts) network.UnderWay--;
            arrive();
        });
    }

    private void Arrive(Parcel parcel)
    {
        if (link is { IsUp: false, IsSilent: false }) return;
        if (!link.IsUp || _stalled.Count > 0) _stalled.Enqueue(parcel);
        else Deliver(parcel);
    }

    private void DeliverStalled()
    {
        if (link is { IsUp: false, IsSilent: false }) _stalled.Clear();
        while (link.IsUp && _stalled.TryDequeue(out Parcel parcel)) Deliver(parcel);
    }

    private void Deliver(in Parcel parcel)
    {
        if (parcel.Connected is { } connected)
        {
            Peer.Refused = null;
            if (!Peer._isClosed) connected();
            return;
        }

        if (parcel.IsLast)
        {
            Peer.Break(parcel.Reason);
            return;
        }

        bool wasFull = QueuedBytes > Drained;
        QueuedBytes -= parcel.Octets.Length;
        if (!_isClosed && wasFull) Owner.Touch();
        Peer.Take(parcel.Octets);
    }

    private void Take(byte[] octets)
    {
        if (_isClosed) return;
        network.Tell(Peer.Owner, Owner, octets);
        byte[] all = _unused.Length == 0 ? octets : [.. _unused, .. octets];
        int used = Owner.Core.Received(this, all);
        _unused = used == all.Length ? [] : all[used..];
        Owner.Touch();
    }
}
