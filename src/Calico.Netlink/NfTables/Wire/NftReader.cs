namespace Calico.Netlink.NfTables.Wire;

/// <summary>Reads from the kernel what is consistent: one generation from the first message to the last.</summary>
/// <remarks>
/// A dump is many receives, and others may commit in between. The kernel flags that on some dumps only, so the generation is asked for
/// before and after, and every message's own mark of it is compared.
/// </remarks>
internal sealed class NftReader(NetlinkConnection connection)
{
    private const ushort GenerationId = 1, GenerationProcess = 2, GenerationName = 3; // NFTA_GEN_*

    public async ValueTask<NftGeneration> GetGenerationAsync(CancellationToken cancellationToken)
    {
        NetlinkBatch request = new(64);
        NfTablesWire.Begin(request, NfTablesMessage.GetGeneration, NetlinkFlags.Ack, 0);
        NftGeneration generation = default;
        NetlinkBatchResult result = await connection.SendAsync(request, (int _, in NetlinkMessage m) => generation = ReadGeneration(m), NetlinkSend.InParts, cancellationToken).ConfigureAwait(false);
        result.ThrowIfFailed();
        return generation;
    }

    public async ValueTask<NftSnapshot> ReadAsync(NftFamily? family, string? name, bool elements, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            NftGeneration before = await GetGenerationAsync(cancellationToken).ConfigureAwait(false);
            SnapshotBuilder builder = new(name, (ushort)before.Id);
            if (await TryReadAsync(builder, family, name, elements, cancellationToken).ConfigureAwait(false))
            {
                NftGeneration after = await GetGenerationAsync(cancellationToken).ConfigureAwait(false);
                if (after.Id == before.Id) return builder.Build(before);
            }

            if (attempt >= connection.DumpRetries)
                throw new NetlinkException("dump of the ruleset", new NetlinkError(Errno.Interrupted, $"interrupted by changes {attempt + 1} times in a row"));
            NetlinkTelemetry.DumpRepeated(connection.Protocol);
            connection.Log.DumpInterrupted(connection.Protocol, attempt + 1);
        }
    }

    public async ValueTask<NftElement?> GetElementAsync(NftTableId table, NftSet set, NftElement key, CancellationToken cancellationToken)
    {
        NetlinkBatch request = new(256);
        NetlinkMessageWriter writer = NfTablesWire.Begin(request, NfTablesMessage.GetElement, NetlinkFlags.Ack, table.Family);
        ElementCodec.WriteName(writer, table, set.Name);
        ElementCodec.WriteKey(writer, key);
        List<WireElement> found = [];
        NetlinkBatchResult result = await connection.SendAsync(request, (int _, in NetlinkMessage m) => ElementCodec.Read(m, found), NetlinkSend.InParts, cancellationToken).ConfigureAwait(false);
        if (result.Errors is [{ Error.Code: Errno.NoEntry, Attribute: null or not "NFTA_SET_ELEM_LIST_SET" }]) return null;
        result.ThrowIfFailed();
        return found.Count == 0 ? null : found[0].Element;
    }

    /// <summary>Reads objects or rules and sets their counters and quotas to zero. Once only: what a repetition would read is zero already.</summary>
    public async ValueTask ResetAsync(NfTablesMessage kind, NftTableId table, Action<NetlinkMessageWriter> narrow, NetlinkReplyHandler take, CancellationToken cancellationToken)
    {
        NetlinkBatch request = new(256);
        NetlinkMessageWriter writer = NfTablesWire.Begin(request, kind, NetlinkFlags.Dump, table.Family);
        TableCodec.WriteName(writer, table.Name);
        narrow(writer);
        (await connection.SendAsync(request, take, NetlinkSend.InParts, cancellationToken).ConfigureAwait(false)).ThrowIfFailed();
    }

    private async ValueTask<bool> TryReadAsync(SnapshotBuilder builder, NftFamily? family, string? name, bool elements, CancellationToken cancellationToken)
    {
        NfTablesMessage[] kinds = [NfTablesMessage.GetTable, NfTablesMessage.GetChain, NfTablesMessage.GetSet, NfTablesMessage.GetObject, NfTablesMessage.GetFlowTable, NfTablesMessage.GetRule];
        foreach (NfTablesMessage kind in kinds)
            if (!await DumpAsync(builder, kind, family ?? 0, name, null, cancellationToken).ConfigureAwait(false)) return false;
        foreach ((NftTableId table, NftSet set) in builder.Sets.ToArray())
        {
            if (!elements && !set.Flags.HasFlag(NftSetFlags.Anonymous)) continue;
            builder.BeginElements(table, set);
            if (!await DumpAsync(builder, NfTablesMessage.GetElement, table.Family, table.Name, set.Name, cancellationToken).ConfigureAwait(false)) return false;
        }

        return true;
    }

    private async ValueTask<bool> DumpAsync(SnapshotBuilder builder, NfTablesMessage kind, NftFamily family, string? table, string? set, CancellationToken cancellationToken)
    {
        NetlinkBatch request = new(256);
        NetlinkMessageWriter writer = NfTablesWire.Begin(request, kind, NetlinkFlags.Dump, family);
        if (set is not null) ElementCodec.WriteName(writer, new NftTableId(family, table!), set);
        else if (table is not null && kind is not (NfTablesMessage.GetTable or NfTablesMessage.GetChain)) TableCodec.WriteName(writer, table);
        NetlinkBatchResult result = await connection.SendAsync(request, builder.Take, NetlinkSend.InParts, cancellationToken).ConfigureAwait(false);
        if (result.Errors is [{ Error.Code: Errno.NoEntry or Errno.Interrupted or Errno.TryAgain }]) return set is null && result.Errors[0].Error.Code == Errno.NoEntry;
        if (result.RepliesLost) return false;
        result.ThrowIfFailed();
        return !result.IsInterrupted && !builder.IsInterrupted;
    }

    internal static NftGeneration ReadGeneration(in NetlinkMessage message)
    {
        NftGeneration generation = new(0, 0, "");
        NetlinkAttributeReader reader = message.Attributes(NfTablesWire.HeaderLength);
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case GenerationId: generation = generation with { Id = reader.ReadUInt32BigEndian() }; break;
                case GenerationProcess: generation = generation with { TaskId = (int)reader.ReadUInt32BigEndian() }; break;
                case GenerationName: generation = generation with { TaskName = reader.ReadString() }; break;
            }
        }

        return generation;
    }
}
