using System.Net;

namespace Calico.Bgp;

/// <summary>A connection to a neighbour, as the core sees it; TCP in a <see cref="BgpSpeaker"/>, anything in tests.</summary>
public interface IBgpConnection
{
    /// <summary>The own end.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>The neighbour's end.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>Octets given to <see cref="Send"/> and not yet written.</summary>
    long QueuedBytes { get; }

    /// <summary>Queues messages; must not block. The connection releases the bytes when they are written or dropped.</summary>
    /// <param name="bytes">Whole messages.</param>
    void Send(OutgoingBytes bytes);

    /// <summary>Writes what is queued, as far as the neighbour takes it, then closes. No event follows.</summary>
    void Close();
}

/// <summary>An attempt to connect, asked for by the core.</summary>
public sealed class BgpDial
{
    internal BgpDial(Neighbor neighbor, NeighborOptions options)
    {
        Neighbor = neighbor;
        Options = options;
        RemoteEndPoint = new IPEndPoint(options.Address!, options.Port);
    }

    internal Neighbor Neighbor { get; }

    /// <summary>Where to.</summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>The neighbour: source address, MD5, TTL and interface are in here.</summary>
    public NeighborOptions Options { get; }

    /// <summary>Whether the core no longer wants the connection.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Raised when the core no longer wants the connection.</summary>
    public event Action? Cancelled;

    internal void Cancel()
    {
        IsCancelled = true;
        Cancelled?.Invoke();
    }
}

/// <summary>What the core asks of the world around it.</summary>
public interface IBgpHost
{
    /// <summary>Starts to connect; answer with <see cref="BgpCore.Dialed"/> or <see cref="BgpCore.DialFailed"/>, later, not from inside this call.</summary>
    /// <param name="dial">Where to and how.</param>
    void Dial(BgpDial dial);
}
