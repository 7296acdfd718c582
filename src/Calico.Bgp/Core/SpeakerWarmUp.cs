using System.Net;

namespace Calico.Bgp;

/// <summary>Two speakers in memory that send each other some routes.</summary>
internal static class SpeakerWarmUp
{
    public static void Run()
    {
        var left = new BgpCore(Options(64512, "192.0.2.1", "192.0.2.2", 64513), new NoDial());
        var right = new BgpCore(Options(64513, "192.0.2.2", "192.0.2.1", 64512), new NoDial());
        var leftEnd = new Pipe("192.0.2.1", "192.0.2.2");
        var rightEnd = new Pipe("192.0.2.2", "192.0.2.1");
        left.Start();
        right.Start();
        left.Accepted(leftEnd);
        right.Accepted(rightEnd);
        for (int round = 0; round < 64; round++)
        {
            for (int i = 0; i < 40; i++)
            {
                var prefix = new IPNetwork(new IPAddress(new byte[] { 10, (byte)round, (byte)i, 0 }), 24);
                PathAttributes attributes = new PathAttributesBuilder().SetMed((uint)i / 4).Add(new Community(64512, (ushort)round)).Build();
                if (round % 4 < 3) left.Announce(new LocalRoute(prefix) { Attributes = attributes });
                else left.Withdraw(new IPNetwork(new IPAddress(new byte[] { 10, (byte)(round - 1), (byte)i, 0 }), 24));
            }

            left.Flush();
            while (leftEnd.MoveTo(right, rightEnd) | rightEnd.MoveTo(left, leftEnd))
            {
                left.Flush();
                right.Flush();
            }
        }

        left.Stop();
        right.Stop();
    }

    private static BgpSpeakerOptions Options(uint asn, string id, string peer, uint peerAsn) => new()
    {
        Asn = asn,
        RouterId = IPAddress.Parse(id),
        EbgpRequiresPolicy = false,
        Neighbors = [new NeighborOptions { Address = IPAddress.Parse(peer), Asn = peerAsn, Passive = true }],
    };

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
