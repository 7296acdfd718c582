namespace Calico.Bgp;

/// <summary>Is told, on the core's work, what happens on sessions: the base of BMP export and of MRT recording.</summary>
internal interface ISessionMonitor
{
    void StateChanged(Session session, BgpState before, BgpState after);

    void Up(Session session);

    /// <summary>An established session has ended; its routes have not been touched yet.</summary>
    void Down(Session session, BgpEvent cause, BgpError error);

    void Received(Session session, ReadOnlySpan<byte> message);

    void Sent(Session session, ReadOnlySpan<byte> messages);

    /// <summary>A flush is over: the tables may have changed.</summary>
    void Flushed();
}

// Monitors: watchers of sessions, none in most speakers.
public sealed partial class BgpCore
{
    private readonly List<ISessionMonitor> _monitors = [];

    /// <summary>Whether messages are shown to anybody.</summary>
    internal bool IsWatched => Tracer is not null || _monitors.Count > 0;

    internal IEnumerable<Session> EstablishedSessions => _neighbors.Values.Select(n => n.Established).OfType<Session>();

    internal IEnumerable<Rib> Ribs => _ribs.Values;

    internal AttributeTable Attributes => _attributes;

    internal void AddMonitor(ISessionMonitor monitor) => _monitors.Add(monitor);

    internal void RemoveMonitor(ISessionMonitor monitor) => _monitors.Remove(monitor);

    internal void ShowReceived(Session session, ReadOnlySpan<byte> message)
    {
        Tracer?.Invoke(new BgpTrace(session, message, isSent: false));
        foreach (ISessionMonitor monitor in _monitors) monitor.Received(session, message);
    }

    internal void ShowSent(Session session, ReadOnlySpan<byte> messages)
    {
        Tracer?.Invoke(new BgpTrace(session, messages, isSent: true));
        foreach (ISessionMonitor monitor in _monitors) monitor.Sent(session, messages);
    }
}
