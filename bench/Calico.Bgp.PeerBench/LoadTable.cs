using System.Buffers;
using System.Net;

namespace Calico.Bgp.PeerBench;

/// <summary>The UPDATEs that senders send, made beforehand: groups of about six prefixes with attributes of their own.</summary>
internal sealed class LoadTable
{
    public LoadTable(int prefixes, int senders)
    {
        Prefixes = prefixes;
        var random = new Random(1);
        for (int s = 0; s < senders; s++)
        {
            var announce = new ArrayBufferWriter<byte>();
            var withdraw = new ArrayBufferWriter<byte>();
            for (int n = 0; n < prefixes;)
            {
                int group = Math.Min(prefixes - n, random.Next(1, 11));
                var nlri = new ArrayBufferWriter<byte>();
                for (int i = 0; i < group; i++, n++) NlriWriter.WritePrefix(nlri, Prefix(s, n));
                Asn[] path = [AsnOf(s), .. Enumerable.Range(0, random.Next(1, 8)).Select(_ => new Asn((uint)random.Next(1, 64000)))];
                var builder = new PathAttributesBuilder().SetAsPath(AsPath.Of(path)).SetNextHop(IPAddress.Parse($"10.98.1.{s + 1}"));
                if (random.Next(3) == 0) builder.SetMed((uint)random.Next(1000));
                for (int c = random.Next(4); c > 0; c--) builder.Add(new Community((uint)random.Next()));
                UpdateWriter.TryWrite(announce, Family.Ipv4Unicast, builder.Build(), nlri.WrittenSpan);
            }

            for (int n = 0; n < prefixes;)
            {
                var nlri = new ArrayBufferWriter<byte>();
                for (int i = 0; i < 800 && n < prefixes; i++, n++) NlriWriter.WritePrefix(nlri, Prefix(s, n));
                UpdateWriter.TryWriteWithdrawal(withdraw, Family.Ipv4Unicast, nlri.WrittenSpan);
            }

            Announce.Add(announce.WrittenMemory.ToArray());
            Withdraw.Add(withdraw.WrittenMemory.ToArray());
        }
    }

    public int Prefixes { get; }

    public List<byte[]> Announce { get; } = [];

    public List<byte[]> Withdraw { get; } = [];

    public static Asn AsnOf(int sender) => new((uint)(65101 + sender));

    private static IPNetwork Prefix(int sender, int n)
    {
        uint address = (uint)(16 + 4 * sender << 24) + (uint)n * 32;
        return new IPNetwork(new IPAddress([(byte)(address >> 24), (byte)(address >> 16), (byte)(address >> 8), (byte)address]), 27);
    }
}
