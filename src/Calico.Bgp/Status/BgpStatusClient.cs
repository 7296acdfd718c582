using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Calico.Bgp.Status;

/// <summary>A status socket does not answer, or refuses the question; the message says why, for people.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="inner">The cause.</param>
public sealed class BgpStatusException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Asks a <see cref="BgpStatusServer"/> in another process.</summary>
/// <param name="path">Its socket.</param>
public sealed class BgpStatusClient(string path)
{
    /// <summary>All neighbours, in order of address.</summary>
    /// <param name="cancellationToken">To give up.</param>
    /// <returns>The neighbours.</returns>
    /// <exception cref="BgpStatusException">Nobody answers at the socket.</exception>
    public async Task<IReadOnlyList<BgpNeighborReport>> GetNeighborsAsync(CancellationToken cancellationToken = default)
    {
        var neighbors = new List<BgpNeighborReport>();
        await foreach (StatusLine line in AskAsync(new StatusRequest(), cancellationToken).ConfigureAwait(false))
        {
            if (line.Neighbor is { } neighbor) neighbors.Add(neighbor);
        }

        return neighbors;
    }

    /// <summary>Routes, as they come over the socket.</summary>
    /// <param name="query">Which; null: the best of every IPv4 unicast prefix.</param>
    /// <param name="cancellationToken">To give up.</param>
    /// <returns>The routes, in order of prefix.</returns>
    /// <exception cref="BgpStatusException">Nobody answers at the socket, or the query names what is not there.</exception>
    public async IAsyncEnumerable<BgpRouteReport> GetRoutesAsync(BgpRoutesQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (StatusLine line in AskAsync(new StatusRequest { Routes = query ?? new BgpRoutesQuery() }, cancellationToken).ConfigureAwait(false))
        {
            if (line.Route is { } route) yield return route;
        }
    }

    private async IAsyncEnumerable<StatusLine> AskAsync(StatusRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        using NetworkStream stream = await ConnectAsync(cancel).ConfigureAwait(false);
        await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(request, StatusJson.Default.StatusRequest), (byte)'\n'], cancel).ConfigureAwait(false);
        using var reader = new StreamReader(stream);
        while (true)
        {
            StatusLine line = await ReadAsync(reader, cancel).ConfigureAwait(false);
            if (line.Error is { } refusal) throw new BgpStatusException(refusal);
            if (line.Done) yield break;
            yield return line;
        }
    }

    private async Task<StatusLine> ReadAsync(StreamReader reader, CancellationToken cancel)
    {
        try
        {
            string? text = await reader.ReadLineAsync(cancel).ConfigureAwait(false);
            if (text is not null && JsonSerializer.Deserialize(text, StatusJson.Default.StatusLine) is { } line) return line;
            throw new BgpStatusException($"the answer at {path} ends in the middle: the speaker may have been stopped.");
        }
        catch (JsonException error)
        {
            throw new BgpStatusException($"what answers at {path} does not speak the status protocol: {error.Message}", error);
        }
        catch (IOException error)
        {
            throw new BgpStatusException($"the connection to {path} has broken: {error.Message}", error);
        }
    }

    private async Task<NetworkStream> ConnectAsync(CancellationToken cancel)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(StatusEndPoint.Of(path), cancel).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            socket.Dispose();
            string why = error switch
            {
                _ when !Path.Exists(path) => $"there is no socket {path}: is the speaker running, and with this status socket?",
                SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"nobody answers at {path}: the speaker that made it has ended.",
                SocketException { SocketErrorCode: SocketError.AccessDenied } => $"permission denied on {path}: ask as its owner or as a member of its group.",
                _ => $"cannot connect to {path}: {error.Message}",
            };
            throw new BgpStatusException(why, error);
        }
    }
}
