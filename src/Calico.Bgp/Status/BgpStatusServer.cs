using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Calico.Net;

namespace Calico.Bgp.Status;

/// <summary>Answers questions about a speaker on a unix socket; <see cref="BgpStatusClient"/> and <c>calico bgp status|routes</c> ask them.</summary>
/// <remarks>The protocol is JSON lines: a client sends one line, <c>{}</c> for neighbours or <c>{"routes":{…}}</c> with a <see cref="BgpRoutesQuery"/>, and gets
/// <c>{"neighbor":{…}}</c> or <c>{"route":{…}}</c> lines, then <c>{"done":true}</c> or <c>{"error":"…"}</c>. A client that takes more than 10 s to ask, or reads
/// nothing for 10 s, is dropped. The socket's mode is 0660.</remarks>
public sealed class BgpStatusServer : IAsyncDisposable
{
    private const int LongestQuestion = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly BgpSpeaker _speaker;
    private readonly string _path;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task _serving;

    /// <summary>Listens. A socket that an ended process has left at the path is replaced.</summary>
    /// <param name="speaker">The speaker to tell of.</param>
    /// <param name="path">Where to make the socket; at most 107 octets.</param>
    /// <exception cref="IOException">The path is in use by another process, is no socket, or cannot be made.</exception>
    public BgpStatusServer(BgpSpeaker speaker, string path)
    {
        ArgumentNullException.ThrowIfNull(speaker);
        ArgumentException.ThrowIfNullOrEmpty(path);
        (_speaker, _path) = (speaker, path);
        try
        {
            RemoveLeftOver(path);
            _listener.Bind(StatusEndPoint.Of(path));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            _listener.Listen(16);
        }
        catch (Exception error) when (error is SocketException or UnauthorizedAccessException)
        {
            _listener.Dispose();
            throw new IOException($"cannot make the status socket {path}: {error.Message}", error);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        _serving = ServeAsync();
    }

    private static void RemoveLeftOver(string path)
    {
        if (!File.Exists(path)) return;
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(StatusEndPoint.Of(path));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused && new FileInfo(path).Length == 0)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException error)
        {
            throw new IOException($"cannot make the status socket {path}: there is a file of that name, and it is no socket ({error.Message})", error);
        }

        throw new IOException($"cannot make the status socket {path}: another process answers there");
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                _ = AnswerAsync(await _listener.AcceptAsync().ConfigureAwait(false));
            }
            catch (Exception error) when (error is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors: go on, but not in a tight loop.
                await Task.Delay(100).ConfigureAwait(false);
            }
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var output = new MemoryStream();
        try
        {
            using var stream = new NetworkStream(client, ownsSocket: true);
            byte[] question = await ReadLineAsync(stream, limit.Token).ConfigureAwait(false);
            foreach (StatusLine line in await LinesAsync(question).ConfigureAwait(false))
            {
                JsonSerializer.Serialize(output, line, StatusJson.Default.StatusLine);
                output.WriteByte((byte)'\n');
                if (output.Length < LongestQuestion && line is { Done: false, Error: null }) continue;
                limit.CancelAfter(Patience);
                await stream.WriteAsync(output.GetBuffer().AsMemory(0, (int)output.Length), limit.Token).ConfigureAwait(false);
                output.SetLength(0);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The one who asked has gone, or does not read.
        }
    }

    private static async Task<byte[]> ReadLineAsync(NetworkStream stream, CancellationToken cancel)
    {
        byte[] buffer = new byte[LongestQuestion];
        int have = 0;
        while (have < buffer.Length)
        {
            int count = await stream.ReadAsync(buffer.AsMemory(have), cancel).ConfigureAwait(false);
            int end = buffer.AsSpan(have, count).IndexOf((byte)'\n');
            if (end >= 0) return buffer[..(have + end)];
            have += count;
            if (count == 0) break;
        }

        return buffer[..have];
    }

    private async Task<IEnumerable<StatusLine>> LinesAsync(byte[] question)
    {
        try
        {
            StatusRequest request = JsonSerializer.Deserialize(question, StatusJson.Default.StatusRequest) ?? new StatusRequest();
            IEnumerable<StatusLine> lines = request.Routes is { } query
                ? (await RoutesAsync(query).ConfigureAwait(false)).OrderBy(r => IpPrefix.From(r.Prefix)).Select(r => new StatusLine { Route = BgpRouteReport.Of(r) })
                : (await _speaker.GetNeighborsAsync().ConfigureAwait(false)).Select(n => new StatusLine { Neighbor = BgpNeighborReport.Of(n) });
            return lines.Append(new StatusLine { Done = true });
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            return [new StatusLine { Error = error is JsonException ? $"the question is no JSON line of the status protocol: {error.Message}" : error.Message }];
        }
    }

    private async Task<IReadOnlyList<RibRoute>> RoutesAsync(BgpRoutesQuery query)
    {
        IPNetwork? prefix = query.Prefix is { } text ? ParsePrefix(text) : null;
        Family family = query.Family is { } name ? Family.Parse(name) : prefix is { BaseAddress.AddressFamily: AddressFamily.InterNetworkV6 } ? Family.Ipv6Unicast : Family.Ipv4Unicast;
        if (prefix is { } p && family.MaxPrefixLength != (p.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)) throw new FormatException($"{p} is no prefix of the family {family}.");
        IPAddress? neighbor = query.Neighbor is { } address ? await KnownAsync(address).ConfigureAwait(false) : null;
        if (query.Advertised && neighbor is null) throw new FormatException("Advertised routes are those of one neighbour: name it.");
        var rib = new RibQuery { Family = family, Prefix = prefix, Match = query.Match, AllPaths = query.AllPaths, Neighbor = neighbor, Limit = query.Limit ?? int.MaxValue };
        return query.Advertised ? await _speaker.GetAdvertisedAsync(neighbor!, rib).ConfigureAwait(false) : await _speaker.GetRoutesAsync(rib).ConfigureAwait(false);
    }

    private static IPNetwork ParsePrefix(string text) => IpPrefix.TryParse(text, out IpPrefix prefix) ? prefix.ToIPNetwork() : throw new FormatException($"'{text}' is no address or prefix such as 10.0.0.0/8.");

    private async Task<IPAddress> KnownAsync(string text)
    {
        IReadOnlyList<NeighborStatus> neighbors = await _speaker.GetNeighborsAsync().ConfigureAwait(false);
        NeighborStatus? found = neighbors.FirstOrDefault(n => n.Name == text) ?? (IPAddress.TryParse(text, out IPAddress? address) ? neighbors.FirstOrDefault(n => n.Address.Equals(address)) : null);
        return found?.Address ?? throw new FormatException($"There is no neighbour '{text}'.");
    }

    /// <summary>Stops answering and removes the socket.</summary>
    /// <returns>Done when removed.</returns>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving.ConfigureAwait(false);
        File.Delete(_path);
    }
}

internal static class StatusEndPoint
{
    public static UnixDomainSocketEndPoint Of(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException error)
        {
            throw new IOException($"'{path}' is too long for a socket's name.", error);
        }
    }
}
