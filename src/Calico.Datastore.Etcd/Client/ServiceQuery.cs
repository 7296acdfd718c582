using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Calico.Datastore.Etcd.Client;

/// <summary>An SRV record (RFC 2782).</summary>
internal sealed record ServiceRecord(ushort Priority, ushort Weight, ushort Port, string Target);

/// <summary>One question to one name server (RFC 1035): by UDP, and again by TCP when the answer did not fit.</summary>
internal static class ServiceQuery
{
    private const ushort Service = 33, Internet = 1, Truncated = 0x0200, NameError = 3;
    private const int HeaderSize = 12, MaximumJumps = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <exception cref="InvalidDataException">The answer is none.</exception>
    public static async Task<IReadOnlyList<ServiceRecord>> AskAsync(string name, IPEndPoint server, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(Patience);
        ushort id = (ushort)Random.Shared.Next(ushort.MaxValue);
        byte[] question = Question(id, name);
        using UdpClient udp = new(server.AddressFamily);
        udp.Connect(server);
        await udp.SendAsync(question, end.Token).ConfigureAwait(false);
        byte[] answer;
        do answer = (await udp.ReceiveAsync(end.Token).ConfigureAwait(false)).Buffer;
        while (answer.Length < HeaderSize || BinaryPrimitives.ReadUInt16BigEndian(answer) != id);
        if ((BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(2)) & Truncated) != 0) answer = await ByTcpAsync(question, server, end.Token).ConfigureAwait(false);
        return Read(answer);
    }

    internal static byte[] Question(ushort id, string name)
    {
        byte[] message = new byte[HeaderSize + name.Length + 2 + 4];
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        message[2] = 1; // recursion desired
        message[5] = 1; // one question
        int at = HeaderSize;
        foreach (string label in name.Split('.'))
        {
            if (label.Length is 0 or > 63) throw new ArgumentException($"'{name}' is no domain name.", nameof(name));
            message[at++] = (byte)label.Length;
            at += Encoding.ASCII.GetBytes(label, message.AsSpan(at));
        }

        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at + 1), Service);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at + 3), Internet);
        return message;
    }

    internal static IReadOnlyList<ServiceRecord> Read(ReadOnlySpan<byte> message)
    {
        int code = Number(message, 2) & 0xf;
        if (code == NameError) return [];
        if (code != 0) throw new InvalidDataException($"the name server answers with code {code}");
        int questions = Number(message, 4), answers = Number(message, 6), at = HeaderSize;
        for (int i = 0; i < questions; i++)
        {
            Name(message, ref at);
            at += 4;
        }

        List<ServiceRecord> records = [];
        for (int i = 0; i < answers; i++)
        {
            Name(message, ref at);
            ushort type = Number(message, at);
            int length = Number(message, at + 8), data = at + 10;
            at = data + length;
            if (type != Service) continue;
            int target = data + 6;
            records.Add(new(Number(message, data), Number(message, data + 2), Number(message, data + 4), Name(message, ref target)));
        }

        return records;
    }

    private static ushort Number(ReadOnlySpan<byte> message, int at) =>
        at + 2 <= message.Length ? BinaryPrimitives.ReadUInt16BigEndian(message[at..]) : throw new InvalidDataException("the answer is cut off");

    /// <summary>A name, which may go on elsewhere in the message.</summary>
    private static string Name(ReadOnlySpan<byte> message, ref int at)
    {
        StringBuilder name = new();
        int position = at, jumps = 0;
        bool jumped = false;
        while (true)
        {
            if (position >= message.Length) throw new InvalidDataException("the answer is cut off");
            int length = message[position];
            if (length >= 0xc0)
            {
                if (++jumps > MaximumJumps) throw new InvalidDataException("a name in the answer has no end");
                int target = Number(message, position) & 0x3fff;
                if (!jumped) at = position + 2;
                jumped = true;
                position = target;
                continue;
            }

            position++;
            if (length == 0) break;
            if (length > 63 || position + length > message.Length) throw new InvalidDataException("the answer is cut off");
            if (name.Length > 0) name.Append('.');
            name.Append(Encoding.ASCII.GetString(message.Slice(position, length)));
            position += length;
        }

        if (!jumped) at = position;
        return name.ToString();
    }

    private static async Task<byte[]> ByTcpAsync(byte[] question, IPEndPoint server, CancellationToken cancellationToken)
    {
        using TcpClient tcp = new(server.AddressFamily);
        await tcp.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        NetworkStream stream = tcp.GetStream();
        byte[] length = [(byte)(question.Length >> 8), (byte)question.Length];
        await stream.WriteAsync(length.Concat(question).ToArray(), cancellationToken).ConfigureAwait(false);
        await stream.ReadExactlyAsync(length, cancellationToken).ConfigureAwait(false);
        byte[] answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        return answer.Length >= HeaderSize ? answer : throw new InvalidDataException("the answer is cut off");
    }
}
