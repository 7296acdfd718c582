using Calico.Netlink.NfTables.Wire;

namespace Calico.Netlink.NfTables;

/// <summary>A generation of the ruleset: every transaction anyone commits in a network namespace makes a new one.</summary>
/// <param name="Id">The number; never 0.</param>
/// <param name="TaskId">In an event the task (thread) that committed it; in an answer the one that asked.</param>
/// <param name="TaskName">That task's name (comm).</param>
public readonly record struct NftGeneration(uint Id, int TaskId, string TaskName);

/// <summary>nf_tables of one network namespace: reads rulesets, commits transactions. Thread-safe.</summary>
public sealed class NftClient : IDisposable
{
    private readonly NetlinkConnection _connection;
    private readonly NftReader _reader;

    /// <summary>A client over a connection of the caller's, such as one to a fake kernel. The client owns it.</summary>
    /// <param name="connection">A connection to <see cref="NetlinkProtocol.Netfilter"/>.</param>
    /// <exception cref="ArgumentException">The connection speaks another protocol.</exception>
    public NftClient(NetlinkConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.Protocol != NetlinkProtocol.Netfilter) throw new ArgumentException($"nf_tables needs NETLINK_NETFILTER, not {connection.Protocol}.", nameof(connection));
        _connection = connection;
        _reader = new NftReader(connection);
    }

    /// <summary>Opens a socket.</summary>
    /// <param name="options">The namespace and buffers; null for the calling thread's namespace and the defaults.</param>
    /// <returns>The client.</returns>
    /// <exception cref="NetlinkException">The kernel has no netfilter netlink, or a limit is reached.</exception>
    public static NftClient Open(NetlinkConnectionOptions? options = null) => new(NetlinkConnection.Open(NetlinkProtocol.Netfilter, options));

    /// <summary>The current generation.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Its number.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public ValueTask<NftGeneration> GetGenerationAsync(CancellationToken cancellationToken = default) => _reader.GetGenerationAsync(cancellationToken);

    /// <summary>Reads every table whole, consistently.</summary>
    /// <param name="family">One family, or null for all.</param>
    /// <param name="elements">Whether sets' elements are read too; the kernel takes long over sets above 100,000 elements.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The tables, and the generation they were read in.</returns>
    /// <exception cref="NetlinkException">The kernel refused, or others changed the ruleset during every attempt (EINTR).</exception>
    public ValueTask<NftSnapshot> ReadAsync(NftFamily? family = null, bool elements = true, CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(family, null, elements, cancellationToken);

    /// <summary>Reads one table whole, consistently.</summary>
    /// <param name="table">The table.</param>
    /// <param name="elements">Whether sets' elements are read too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The table, none when it is not there, and the generation it was read in.</returns>
    /// <exception cref="NetlinkException">The kernel refused, or others changed the ruleset during every attempt (EINTR).</exception>
    public ValueTask<NftSnapshot> ReadTableAsync(NftTableId table, bool elements = true, CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(table.Family, table.Name, elements, cancellationToken);

    /// <summary>Looks one element up in the kernel.</summary>
    /// <param name="table">The table.</param>
    /// <param name="set">The set.</param>
    /// <param name="key">The key, or a range of an interval set.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The element as the kernel has it, counters and all; null when it is not there.</returns>
    /// <exception cref="NetlinkException">The set is not there, or the kernel refused.</exception>
    public ValueTask<NftElement?> GetElementAsync(NftTableId table, NftSet set, NftElement key, CancellationToken cancellationToken = default) =>
        _reader.GetElementAsync(table, set, key, cancellationToken);

    /// <summary>Reads the rules of a table and sets the counters and quotas in them to zero (<c>nft reset rules</c>). Kernel 6.2 and later.</summary>
    /// <param name="table">The table.</param>
    /// <param name="chain">One chain, or null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The chains with their rules as they were before, in the kernel's order; rules of anonymous chains and elements of sets are not among them.</returns>
    /// <exception cref="NetlinkException">The kernel refused, or part of the answer was lost: those counts are gone.</exception>
    public async ValueTask<IReadOnlyList<NftChain>> ResetRulesAsync(NftTableId table, string? chain = null, CancellationToken cancellationToken = default)
    {
        Dictionary<string, List<NftRule>> rules = [];
        await _reader.ResetAsync(NfTablesMessage.GetRuleReset, table, w => RuleCodec.WriteChain(w, chain), Take, cancellationToken).ConfigureAwait(false);
        return [.. rules.Select(c => new NftChain(c.Key) { Rules = c.Value.ToValueList() })];

        void Take(int request, in NetlinkMessage message)
        {
            if (MessageScope.Table(message) != table || (byte)message.Type != (byte)NfTablesMessage.NewRule) return;
            string name = MessageScope.Text(message, RuleCodec.Chain);
            if (!rules.TryGetValue(name, out List<NftRule>? list)) rules.Add(name, list = []);
            list.Add(RuleCodec.Read(message, out _));
        }
    }

    /// <summary>Reads the stateful objects of a table and sets their counters and quotas to zero (<c>nft reset counters</c>, <c>nft reset quotas</c>).</summary>
    /// <param name="table">The table.</param>
    /// <param name="type">One kind, or null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The objects as they were before.</returns>
    /// <exception cref="NetlinkException">The kernel refused, or part of the answer was lost: those counts are gone.</exception>
    public async ValueTask<IReadOnlyList<NftObject>> ResetObjectsAsync(NftTableId table, NftObjectType? type = null, CancellationToken cancellationToken = default)
    {
        List<NftObject> objects = [];
        await _reader.ResetAsync(NfTablesMessage.GetObjectReset, table, w => ObjectCodec.WriteType(w, type), Take, cancellationToken).ConfigureAwait(false);
        return objects;

        void Take(int request, in NetlinkMessage message)
        {
            if (MessageScope.Table(message) == table && (byte)message.Type == (byte)NfTablesMessage.NewObject) objects.Add(ObjectCodec.Read(message));
        }
    }

    /// <summary>Commits a transaction: all of it or nothing.</summary>
    /// <param name="transaction">The changes; an empty transaction sends nothing.</param>
    /// <param name="generation">The generation it must be made on; 0 for any.</param>
    /// <param name="cancellationToken">Ends the wait; what was sent is not undone.</param>
    /// <exception cref="NftTransactionException">The kernel refused; nothing was applied.</exception>
    /// <exception cref="NetlinkException">It could not be sent (too large for the send buffer), or the kernel's answer was lost: read back.</exception>
    public async ValueTask CommitAsync(NftTransaction transaction, uint generation = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction.IsEmpty) return;
        NetlinkBatchResult result = await _connection.SendAsync(transaction.Seal(generation), null, NetlinkSend.Whole, cancellationToken).ConfigureAwait(false);
        if (result.Errors.Count > 0) throw Refused(transaction, result.Errors);
        result.ThrowIfFailed();
    }

    // Apart, because its closure would be allocated by every commit.
    private static NftTransactionException Refused(NftTransaction transaction, IReadOnlyList<NetlinkRequestError> errors) =>
        new([.. errors.Select(e => new NftFailure(transaction.ChangeOf(e.Index), e.Error, e.Attribute, e.Index))]);

    internal Microsoft.Extensions.Logging.ILogger Log => _connection.Log;

    /// <summary>The port id that the kernel names as the origin of this client's transactions.</summary>
    public uint PortId => _connection.PortId;

    /// <summary>Closes the socket; tables it owns vanish.</summary>
    public void Dispose() => _connection.Dispose();
}
