using System.Net;

namespace Calico.Bgp.Tests;

/// <summary>A neighbour under the test's control: sends octets, keeps what it gets, and the routes it would have.</summary>
internal sealed class TestPeer(BgpCore core, string address, Asn asn, string local = "10.99.0.1") : IBgpConnection
{
    private readonly List<byte> _received = [];
    private int _read;

    public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Parse(local), 179);

    public IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Parse(address), 40000);

    /// <summary>What the core is told; a test can play a slow reader with it.</summary>
    public long QueuedBytes { get; set; }

    public bool IsClosed { get; private set; }

    public BgpError? Notification { get; private set; }

    public List<MessageType> Types { get; } = [];

    public List<byte[]> Messages { get; } = [];

    public Dictionary<string, PathAttributes> Routes { get; } = [];

    public int EndOfRibs { get; private set; }

    /// <summary>Whether IPv4 unicast comes with path identifiers.</summary>
    public bool AddPath { get; init; }

    public void Send(OutgoingBytes bytes)
    {
        _received.AddRange(bytes.Memory.Span);
        bytes.Release();
    }

    public void Close() => IsClosed = true;

    public void Connect() => core.Accepted(this);

    public void Give(byte[] octets)
    {
        core.Received(this, octets);
        core.Flush();
    }

    public void Give(Action<System.Buffers.IBufferWriter<byte>> write)
    {
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        write(writer);
        Give(writer.WrittenSpan.ToArray());
    }

    public TestPeer Establish(BgpCapabilities? capabilities = null, ushort hold = 180)
    {
        Connect();
        Give(w => OpenWriter.Write(w, asn, hold, BitConverter.ToUInt32([.. RemoteEndPoint.Address.GetAddressBytes().Reverse()]), capabilities ?? new BgpCapabilities
        {
            Families = [Family.Ipv4Unicast, Family.Ipv6Unicast],
            RouteRefresh = true,
            FourOctetAsn = asn,
        }));
        Give(MessageWriter.WriteKeepalive);
        Read();
        return this;
    }

    /// <summary>Reads everything sent so far.</summary>
    public void Read()
    {
        byte[] all = [.. _received];
        while (MessageFrame.TryRead(all.AsSpan(_read), MessageFrame.ExtendedMaximumLength, out MessageFrame message, out _) == FrameStatus.Complete)
        {
            _read += message.Raw.Length;
            Types.Add(message.Type);
            Messages.Add(message.Raw.ToArray());
            if (message.Type == MessageType.Notification) Notification = new NotificationReader(message.Body).ToError();
            if (message.Type == MessageType.Update) Apply(message, AddPath);
        }

        Assert.Equal(all.Length, _read);
    }

    private void Apply(in MessageFrame message, bool addPath)
    {
        DecodedUpdate update = new UpdateDecoder(new UpdateDecoderOptions { IsExternal = false, IsConfederation = true, ExtendedNextHop = true, AddPath = addPath ? [Family.Ipv4Unicast] : [] }).Decode(message.Body);
        Assert.True(update.Treatment <= ErrorTreatment.AttributeDiscard, $"sent a malformed UPDATE: {update.Error}");
        if (update.EndOfRib is not null) EndOfRibs++;
        foreach (string prefix in Prefixes(Family.Ipv4Unicast, update.Withdrawn, addPath)) Routes.Remove(prefix);
        foreach (string prefix in Prefixes(update.UnreachFamily, update.UnreachNlri, addPath)) Routes.Remove(prefix);
        foreach (string prefix in Prefixes(Family.Ipv4Unicast, update.Nlri, addPath)) Routes[prefix] = update.ToAttributes();
        foreach (string prefix in Prefixes(update.ReachFamily, update.ReachNlri, addPath)) Routes[prefix] = update.ToReachAttributes();
    }

    private static List<string> Prefixes(Family family, ReadOnlySpan<byte> field, bool addPath)
    {
        var list = new List<string>();
        var reader = new NlriReader(family, field, addPath && family == Family.Ipv4Unicast);
        while (reader.TryRead(out Nlri nlri)) list.Add(addPath ? $"{nlri.ToString()}#{nlri.PathId}" : nlri.ToString());
        Assert.False(reader.IsMalformed);
        return list;
    }

    /// <summary>An UPDATE as this neighbour would send it.</summary>
    public byte[] Announcement(string prefix, string? path = null, uint? med = null, string? nextHop = null, uint? localPreference = null, params Community[] communities)
    {
        PathAttributesBuilder builder = new PathAttributesBuilder().SetAsPath(AsPath.Parse(path ?? asn.ToString())).SetMed(med).SetLocalPreference(localPreference);
        foreach (Community community in communities) builder.Add(community);
        return TestUpdates.Announce(builder.Build(), IPAddress.Parse(nextHop ?? RemoteEndPoint.Address.ToString()), IPNetwork.Parse(prefix));
    }
}

internal sealed class NoHost : IBgpHost
{
    public List<BgpDial> Dials { get; } = [];

    public void Dial(BgpDial dial) => Dials.Add(dial);
}
