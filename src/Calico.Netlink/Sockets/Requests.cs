namespace Calico.Netlink;

/// <summary>Decodes one message into a value; false for messages of other kinds.</summary>
internal delegate bool NetlinkDecoder<T>(in NetlinkMessage message, out T value);

/// <summary>The shapes that every client's methods have: one request with an acknowledgement, one object, a list.</summary>
internal static class Requests
{
    public static ValueTask RequestAsync(this NetlinkConnection connection, Action<NetlinkBatch> write, CancellationToken cancellationToken)
    {
        NetlinkBatch batch = new(512);
        write(batch);
        return connection.RequestAsync(batch, cancellationToken);
    }

    public static async ValueTask<IReadOnlyList<T>> ListAsync<T>(
        this NetlinkConnection connection, Action<NetlinkBatch> write, NetlinkDecoder<T> decode, Func<T, bool>? where, CancellationToken cancellationToken)
    {
        NetlinkBatch batch = new(256);
        write(batch);
        List<T> items = [];
        await connection.DumpAsync(batch, Take, items.Clear, cancellationToken).ConfigureAwait(false);
        return items;

        void Take(int request, in NetlinkMessage message)
        {
            if (decode(message, out T value) && (where is null || where(value))) items.Add(value);
        }
    }

    /// <summary>The object that one request returns.</summary>
    /// <exception cref="NetlinkException">The kernel refused, or answered with nothing (ENOENT).</exception>
    public static async ValueTask<T> GetAsync<T>(
        this NetlinkConnection connection, Action<NetlinkBatch> write, NetlinkDecoder<T> decode, CancellationToken cancellationToken)
    {
        NetlinkBatch batch = new(256);
        write(batch);
        (bool found, T? result) = (false, default);
        (await connection.SendAsync(batch, Take, NetlinkSend.InParts, cancellationToken).ConfigureAwait(false)).ThrowIfFailed();
        return found ? result! : throw new NetlinkException("get", new NetlinkError(Errno.NoEntry, "the kernel answered with no object"));

        void Take(int request, in NetlinkMessage message)
        {
            if (!decode(message, out T value)) return;
            (found, result) = (true, value);
        }
    }
}
