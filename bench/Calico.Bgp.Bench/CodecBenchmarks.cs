using System.Buffers;
using System.Net;
using BenchmarkDotNet.Attributes;

namespace Calico.Bgp.Bench;

/// <summary>Messages in and out; the Allocated column is to stay empty.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class CodecBenchmarks
{
    private readonly UpdateDecoder _decoder = new(new UpdateDecoderOptions());
    private readonly ArrayBufferWriter<byte> _output = new(1 << 16);
    private readonly ArrayBufferWriter<byte> _nlri = new();
    private PathAttributes _attributes = null!;
    private byte[] _announce = [];
    private byte[] _withdraw = [];
    private byte[] _open = [];

    [GlobalSetup]
    public void Setup()
    {
        // Six prefixes, a path of four, MED and two communities: the average UPDATE of the public table.
        _attributes = new PathAttributesBuilder().SetAsPath(AsPath.Parse("65101 3356 1299 64500")).SetMed(10)
            .Add(new Community(65101, 1)).Add(new Community(65101, 2)).SetNextHop(IPAddress.Parse("192.0.2.1")).Build();
        for (int i = 0; i < 6; i++) NlriWriter.WritePrefix(_nlri, new IPNetwork(new IPAddress(new byte[] { 45, 1, (byte)i, 0 }), 24));
        _announce = Written(w => UpdateWriter.TryWrite(w, Family.Ipv4Unicast, _attributes, _nlri.WrittenSpan));
        var many = new ArrayBufferWriter<byte>();
        for (int i = 0; i < 1000; i++) NlriWriter.WritePrefix(many, new IPNetwork(new IPAddress(new byte[] { 45, (byte)(i >> 8), (byte)i, 0 }), 24));
        _withdraw = Written(w => UpdateWriter.TryWriteWithdrawal(w, Family.Ipv4Unicast, many.WrittenSpan));
        _open = Written(w => OpenWriter.Write(w, 65101, 90, 0x0A000001, new BgpCapabilities { Families = [Family.Ipv4Unicast, Family.Ipv6Unicast], RouteRefresh = true, FourOctetAsn = new Asn(65101) }));
    }

    private static byte[] Written(Action<IBufferWriter<byte>> write)
    {
        var writer = new ArrayBufferWriter<byte>();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Framing, RFC 7606 checks, canonical attributes and a walk over the prefixes.</summary>
    [Benchmark]
    public int ParseUpdate()
    {
        MessageFrame.TryRead(_announce, MessageFrame.MaximumLength, out MessageFrame frame, out _);
        DecodedUpdate update = _decoder.Decode(frame.Body);
        int count = 0;
        var reader = new NlriReader(Family.Ipv4Unicast, update.Nlri);
        while (reader.TryRead(out _)) count++;
        return count;
    }

    [Benchmark]
    public int SerializeUpdate()
    {
        _output.ResetWrittenCount();
        UpdateWriter.TryWrite(_output, Family.Ipv4Unicast, _attributes, _nlri.WrittenSpan);
        return _output.WrittenCount;
    }

    [Benchmark(OperationsPerInvoke = 1000)]
    public int ParseWithdrawPerPrefix()
    {
        MessageFrame.TryRead(_withdraw, MessageFrame.MaximumLength, out MessageFrame frame, out _);
        var reader = new NlriReader(Family.Ipv4Unicast, _decoder.Decode(frame.Body).Withdrawn);
        int count = 0;
        while (reader.TryRead(out _)) count++;
        return count;
    }

    [Benchmark]
    public int ParseOpen()
    {
        MessageFrame.TryRead(_open, MessageFrame.MaximumLength, out MessageFrame frame, out _);
        OpenReader.TryRead(frame.Body, out OpenReader open, out _);
        int count = 0;
        CapabilityReader capabilities = open.Capabilities;
        while (capabilities.TryRead(out _, out _)) count++;
        return count;
    }
}
