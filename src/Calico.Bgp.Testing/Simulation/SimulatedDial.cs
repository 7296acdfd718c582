using System.Net;

namespace Calico.Bgp.Testing;

/// <summary>An attempt to connect: there and back again.</summary>
internal sealed class SimulatedDial(SimulatedNetwork network, SimulatedSpeaker from, BgpDial dial, int port)
{
    private readonly BgpCore _core = from.Core;

    public void Start()
    {
        IPAddress address = dial.RemoteEndPoint.Address;
        if (network.Find(address) is not { } to || to == from)
        {
            Fail(network.Options.Delay, "no such address");
            return;
        }

        SimulatedLink link = network.Link(from, to);
        if (!link.IsUp) Fail(link.IsSilent ? network.Options.ConnectTimeout : network.Options.Delay, link.IsSilent ? "timed out" : "no route to host");
        else Later(link.NextDelay(), () => Arrive(link, to));
    }

    private void Arrive(SimulatedLink link, SimulatedSpeaker to)
    {
        if (dial.IsCancelled) return;
        if (!link.IsUp) Fail(link.IsSilent ? network.Options.ConnectTimeout : TimeSpan.Zero, "no route to host");
        else if (!to.IsRunning) Fail(link.NextDelay(), "connection refused");
        else Connect(link, to);
    }

    private void Connect(SimulatedLink link, SimulatedSpeaker to)
    {
        IPEndPoint theirs = dial.RemoteEndPoint;
        var ours = new IPEndPoint(dial.Options.LocalAddress ?? Source(theirs.Address), port);
        var near = new PipeEnd(network, link, from, ours, theirs);
        var far = new PipeEnd(network, link, to, theirs, ours);
        (near.Peer, far.Peer) = (far, near);
        near.Refused = reason => Fail(TimeSpan.Zero, reason);
        link.Attach(near);
        link.Attach(far);
        // The answer and the first octets of the other end go the same way, in this order.
        far.Answer(() =>
        {
            if (from.Core == _core && _core.IsRunning) _core.Dialed(dial, near);
            else near.Vanish();
            from.Touch();
        });
        to.Core.Accepted(far);
        to.Touch();
    }

    private IPAddress Source(IPAddress destination) =>
        from.Addresses.FirstOrDefault(a => a.AddressFamily == destination.AddressFamily) ?? from.Addresses[0];

    private void Fail(TimeSpan delay, string reason) => Later(delay, () =>
    {
        if (from.Core != _core) return;
        _core.DialFailed(dial, reason);
        from.Touch();
    });

    private void Later(TimeSpan delay, Action action)
    {
        network.UnderWay++;
        network.Schedule(delay, () =>
        {
            network.UnderWay--;
            action();
        });
    }
}
