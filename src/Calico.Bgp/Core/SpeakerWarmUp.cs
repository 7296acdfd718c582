using System.Net;

namespace Calico.Bgp;

/// <summary>Three speakers in memory: the left one's routes reach the right one through the middle one, with the attributes that tables have.</summary>
internal static class SpeakerWarmUp
{
    public static void Run()
    {
        BgpCore left = new(Options(64512, "192.0.2.1", ("192.0.2.2", 64513)), new NoDial());
        BgpCore middle = new(Options(64513, "192.0.2.2", ("192.0.2.1", 64512), ("192.0.2.3", 64514)), new NoDial());
        BgpCore right = new(Options(64514, "192.0.2.3", ("192.0.2.2", 64513)), new NoDial());
        Line first = new(left, "192.0.2.1", middle, "192.0.2.2"), second = new(middle, "192.0.2.2", right, "192.0.2.3");
        BgpCore[] cores = [left, middle, right];
        foreach (BgpCore core in cores) core.Start();
        first.Connect();
        for (int round = 0; round < 64; round++)
        {
            if (round == 8) second.Connect();   // a late joiner, whose group then merges with the first
            for (int i = 0; i < 40; i++)
            {
                if (round % 4 < 3) left.Announce(new LocalRoute(Prefix(round, i)) { Attributes = Attributes(round, i) });
                else left.Withdraw(Prefix(round - 1, i));
            }

            left.Flush();
            while (first.Move() | second.Move())
            {
                foreach (BgpCore core in cores) core.Flush();
            }
        }

        foreach (BgpCore core in cores) core.Stop();
    }

    private static IPNetwork Prefix(int round, int i) => new(new IPAddress(new byte[] { 10, (byte)round, (byte)i, 0 }), 24);

    private static PathAttributes Attributes(int round, int i)
    {
        PathAttributesBuilder builder = new PathAttributesBuilder().SetMed((uint)i / 4).Add(new Community(64512, (ushort)round));
        if (i % 2 == 0) builder.Prepend(64600, 64601 + (uint)i);
        if (i % 4 == 0) builder.Add(new LargeCommunity(64512, (uint)round, (uint)i));
        if (i % 8 == 0) builder.SetAggregator(new Aggregator(64600, IPAddress.Parse("192.0.2.9"))).SetAtomicAggregate(true);
        return builder.Build();
    }

    private static BgpSpeakerOptions Options(uint asn, string id, params (string Address, uint Asn)[] neighbors) => new()
    {
        Asn = asn,
        RouterId = IPAddress.Parse(id),
        EbgpRequiresPolicy = false,
        Neighbors = [.. neighbors.Select(n => new NeighborOptions { Address = IPAddress.Parse(n.Address), Asn = n.Asn, Passive = true })],
    };

    /// <summary>A connection between two speakers: what one sends the other has when <see cref="Move"/> is called.</summary>
    private sealed class Line(BgpCore left, string leftAddress, BgpCore right, string rightAddress)
    {
        private readonly Pipe _leftEnd = new(leftAddress, rightAddress), _rightEnd = new(rightAddress, leftAddress);

        public void Connect()
        {
            left.Accepted(_leftEnd);
            right.Accepted(_rightEnd);
        }

        public bool Move() => _leftEnd.MoveTo(right, _rightEnd) | _rightEnd.MoveTo(left, _leftEnd);
    }

    private sealed class NoDial : IBgpHost
    {
        public void Dial(BgpDial dial)
        {
        }
    }

    private sealed class Pipe(string local, string remote) : IBgpConnection
    {
        private readonly Queue<OutgoingBytes> _queue = new();

        public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Parse(local), 179);

        public IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Parse(remote), 179);

        public long QueuedBytes => 0;

        public void Send(OutgoingBytes bytes) => _queue.Enqueue(bytes);

        public void Close()
        {
        }

        public bool MoveTo(BgpCore core, Pipe end)
        {
            bool any = false;
            while (_queue.TryDequeue(out OutgoingBytes? bytes))
            {
                core.Received(end, bytes.Memory.Span);
                bytes.Release();
                any = true;
            }

            return any;
        }
    }
}
