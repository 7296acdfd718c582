namespace Calico.Netlink.NfTables;

/// <summary>What became of bringing a table to its wanted content.</summary>
/// <param name="Changes">The changes that were made; empty when everything was right.</param>
/// <param name="Attempts">How many transactions it took: more than one when others changed the ruleset at the same time.</param>
/// <param name="Generation">The generation afterwards: a lower bound when others commit too.</param>
public sealed record NftApplied(IReadOnlyList<NftChange> Changes, int Attempts, uint Generation);

/// <summary>
/// Keeps one table of the kernel at its wanted content. Say what it should be with <see cref="ApplyAsync"/>, change it by known deltas with
/// <see cref="CommitAsync"/>, and call <see cref="RepairAsync"/> when others may have written. Not thread-safe: one caller at a time.
/// </summary>
/// <remarks>
/// States: unknown (at first, after a failure, after <see cref="Forget"/>) and known (the kernel had the content last applied in generation G).
/// Applying in the known state plans from that content, as long as no rule's handle is needed; otherwise, and in the unknown state, it
/// reads the table. Both commit on the generation they know of: when others commit in between, the kernel refuses and it starts over from
/// a read. Deltas are committed on any generation, so that other tables'
/// writers do not slow them; the kernel refuses those that do not fit. Other tables are never touched.
/// </remarks>
public sealed class NftDesiredTable
{
    /// <summary>How often a generation conflict is retried before it is reported.</summary>
    public const int MaximumAttempts = 50;

    private readonly NftClient _client;
    private readonly NftTransaction _transaction = new();
    private NftTable? _known;
    private uint _generation;
    private bool _isKnown;

    /// <summary>A keeper of one table.</summary>
    /// <param name="client">The client; not owned.</param>
    /// <param name="id">The table.</param>
    public NftDesiredTable(NftClient client, NftTableId id)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        Id = id;
    }

    /// <summary>The table.</summary>
    public NftTableId Id { get; }

    /// <summary>The generation the table was last known to be right in; 0 when unknown.</summary>
    public uint Generation => _isKnown ? _generation : 0;

    /// <summary>Forgets what the kernel has: the next call reads it.</summary>
    public void Forget()
    {
        _isKnown = false;
        _known = null;
    }

    /// <summary>Brings the table to its wanted content with the least changes, in one transaction.</summary>
    /// <param name="wanted">The content; null to have the table gone.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What was changed.</returns>
    /// <exception cref="ArgumentException"><paramref name="wanted"/> is of another table, or has a name twice.</exception>
    /// <exception cref="NftTransactionException">The kernel refused; nothing was applied.</exception>
    /// <exception cref="NetlinkException">The table could not be read, or the answer was lost.</exception>
    public async ValueTask<NftApplied> ApplyAsync(NftTable? wanted, CancellationToken cancellationToken = default)
    {
        if (wanted is not null && wanted.Id != Id) throw new ArgumentException($"This keeps {Id}, not {wanted.Id}.", nameof(wanted));
        if (await TryApplyToKnownAsync(wanted, cancellationToken).ConfigureAwait(false) is { } applied) return applied;
        for (int attempt = 1; ; attempt++)
        {
            NftSnapshot snapshot = await _client.ReadTableAsync(Id, elements: true, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<NftChange> changes = NftPlanner.Plan(snapshot.Table(Id), wanted);
            try
            {
                _transaction.Clear();
                await _client.CommitAsync(_transaction.Add(changes), snapshot.Generation.Id, cancellationToken).ConfigureAwait(false);
            }
            catch (NftTransactionException e) when (e.IsGenerationConflict && attempt < MaximumAttempts)
            {
                _client.Log.GenerationConflict(Id, attempt);
                continue;
            }

            _generation = changes.Count == 0 ? snapshot.Generation.Id : NextGeneration(snapshot.Generation.Id);
            (_known, _isKnown) = (wanted, true);
            return new NftApplied(changes, attempt, _generation);
        }
    }

    /// <summary>Commits a delta the caller knows, in one transaction and without reading anything.</summary>
    /// <param name="delta">The changes; they may only be to this table.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NftTransactionException">The kernel refused; nothing was applied, and what the kernel has counts as unknown.</exception>
    /// <exception cref="NetlinkException">The answer was lost; what the kernel has counts as unknown.</exception>
    public async ValueTask CommitAsync(NftTransaction delta, CancellationToken cancellationToken = default)
    {
        try
        {
            await _client.CommitAsync(delta, 0, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Forget();
            throw;
        }

        _generation = 0; // others may have committed before or after: only a read tells
    }

    /// <summary>Whether anyone has committed since the generation the table was last known to be right in.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>True when the table should be repaired or checked.</returns>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public async ValueTask<bool> MayHaveChangedAsync(CancellationToken cancellationToken = default) =>
        !_isKnown || _generation == 0 || (await _client.GetGenerationAsync(cancellationToken).ConfigureAwait(false)).Id != _generation;

    /// <summary>Checks the table against its wanted content when anyone has committed, and repairs it.</summary>
    /// <param name="wanted">The content as it should be now.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What was changed; no changes when nobody had committed or the table was right.</returns>
    /// <exception cref="NftTransactionException">The kernel refused; nothing was applied.</exception>
    /// <exception cref="NetlinkException">The table could not be read, or the answer was lost.</exception>
    public async ValueTask<NftApplied> RepairAsync(NftTable? wanted, CancellationToken cancellationToken = default) =>
        await MayHaveChangedAsync(cancellationToken).ConfigureAwait(false) || !Equals(_known, wanted)
            ? await ApplyAsync(wanted, cancellationToken).ConfigureAwait(false)
            : new NftApplied([], 0, _generation);

    /// <summary>Without reading, when nobody has committed since and no rule of a chain that stays is touched: only the kernel knows their handles.</summary>
    private async ValueTask<NftApplied?> TryApplyToKnownAsync(NftTable? wanted, CancellationToken cancellationToken)
    {
        if (!_isKnown || _generation == 0 || _known is null || wanted is null) return null;
        IReadOnlyList<NftChange> changes = NftPlanner.Plan(_known, wanted);
        HashSet<string> chains = [.. _known.Chains.Select(c => c.Name)];
        if (changes.Any(c => c is NftReplaceRule or NftDeleteRule || (c is NftAddRule rule && chains.Contains(rule.Chain)))) return null;
        if (changes.Count == 0 && await MayHaveChangedAsync(cancellationToken).ConfigureAwait(false)) return null;
        try
        {
            _transaction.Clear();
            await _client.CommitAsync(_transaction.Add(changes), _generation, cancellationToken).ConfigureAwait(false);
        }
        catch (NftTransactionException e) when (e.IsGenerationConflict)
        {
            return null;
        }

        if (changes.Count > 0) _generation = NextGeneration(_generation);
        _known = wanted;
        return new NftApplied(changes, 1, _generation);
    }

    // The kernel never uses 0.
    private static uint NextGeneration(uint generation) => generation == uint.MaxValue ? 1 : generation + 1;
}
