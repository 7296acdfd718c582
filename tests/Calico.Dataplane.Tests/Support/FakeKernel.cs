using Calico.Netlink;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A kernel in memory, as strict as the real one about order and references.</summary>
internal sealed class FakeKernel : IDataplaneKernel
{
    private static readonly NftTableId Ours = new(NftFamily.Inet, "calico");
    private Dictionary<NftTableId, FakeTable> _tables = [];
    private ulong _handle;

    public int Commits { get; private set; }

    public int LastChanges => Last.Count;

    /// <summary>After each transaction.</summary>
    public event Action? Committed;

    /// <summary>The latest transaction.</summary>
    public IReadOnlyList<NftChange> Last { get; private set; } = [];

    /// <summary>Changes that the kernel refuses by name, to see what becomes of the rest.</summary>
    public Predicate<NftChange>? Refuses { get; set; }

    /// <summary>Whole transactions that fail in some other way: the exception to throw, or null.</summary>
    public Func<IReadOnlyList<NftChange>, Exception?>? Fails { get; set; }

    public Dictionary<System.Net.IPNetwork, Route> Routes { get; } = [];

    public List<KernelInterface> Interfaces { get; } = [];

    public Dictionary<string, string> Settings { get; } = [];

    public NftTable Table => _tables.TryGetValue(Ours, out FakeTable? table) ? table.ToTable(Ours) : new NftTable(Ours.Family, Ours.Name);

    public IEnumerable<NftTableId> Tables => _tables.Keys;

    public ValueTask<NftTable?> ReadTableAsync(NftTableId table, CancellationToken cancellationToken = default) => new(_tables.GetValueOrDefault(table)?.ToTable(table));

    public ValueTask CommitAsync(IReadOnlyList<NftChange> changes, CancellationToken cancellationToken = default)
    {
        Commits++;
        Last = changes;
        if (Fails?.Invoke(changes) is { } failure) throw failure;
        NftFailure[] refused = [.. changes.Select((change, i) => (change, i)).Where(c => Refuses?.Invoke(c.change) == true).Select(c => new NftFailure(c.change, new NetlinkError(Errno.Invalid), null, c.i))];
        if (refused.Length > 0) throw new NftTransactionException(refused);
        Dictionary<NftTableId, FakeTable> tables = _tables.ToDictionary(t => t.Key, t => t.Value.Copy());
        foreach (NftChange change in changes)
        {
            if (change is NftAddTable) tables.TryAdd(change.Table, new FakeTable());
            else if (change is NftDeleteTable) tables.Remove(change.Table);
            else tables[change.Table].Apply(change, () => ++_handle);
        }

        foreach (FakeTable table in tables.Values) table.Check();
        _tables = tables;
        Committed?.Invoke();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<KernelInterface>> ReadInterfacesAsync(CancellationToken cancellationToken = default) => new([.. Interfaces]);

    /// <summary>Runs while the routes are being read: what others do meanwhile.</summary>
    public Action? WhileReadingRoutes { get; set; }

    public ValueTask<IReadOnlyList<Route>> ReadRoutesAsync(byte protocol, CancellationToken cancellationToken = default)
    {
        Route[] read = [.. Routes.Values];
        WhileReadingRoutes?.Invoke();
        return new(read);
    }

    public ValueTask<IReadOnlyList<RouteFailure>> ChangeRoutesAsync(IReadOnlyList<Route> delete, IReadOnlyList<Route> put, CancellationToken cancellationToken = default)
    {
        foreach (Route route in delete) Routes.Remove(route.Destination);
        foreach (Route route in put) Routes[route.Destination] = route;
        return new((IReadOnlyList<RouteFailure>)[]);
    }

    public ValueTask<int> DeleteFlowsAsync(System.Net.IPAddress address, CancellationToken cancellationToken = default) => new(0);

    public ValueTask<int> DeleteFlowsAsync(Predicate<TrackedFlow> condemned, CancellationToken cancellationToken = default) => new(0);

    public ValueTask<bool> EnsureTunnelAsync(TunnelDevice tunnel, DataplaneOptions options, CancellationToken cancellationToken = default) => new(false);

    public ValueTask<bool> DeleteDeviceAsync(string name, CancellationToken cancellationToken = default) => new(Interfaces.RemoveAll(i => i.Name == name) > 0);

    public IReadOnlyDictionary<string, InterfaceBandwidth> Bandwidth { get; private set; } = new Dictionary<string, InterfaceBandwidth>();

    public ValueTask<IReadOnlyList<string>> EnsureBandwidthAsync(IReadOnlyDictionary<string, InterfaceBandwidth> limits, CancellationToken cancellationToken = default)
    {
        Bandwidth = limits;
        return new((IReadOnlyList<string>)[]);
    }

    public string? ReadSetting(string name) => Settings.GetValueOrDefault(name);

    public void WriteSettings(params (string Name, string Value)[] settings)
    {
        foreach ((string name, string value) in settings) Settings[name] = value;
    }

    public Task WatchInterfacesAsync(Action changed, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

    /// <summary>What someone else is made to have changed.</summary>
    public Action<ForeignChange>? Foreign { get; private set; }

    public Task WatchForeignChangesAsync(NftTableId table, byte protocol, Action<ForeignChange> changed, CancellationToken cancellationToken)
    {
        Foreign = changed;
        return Task.Delay(Timeout.Infinite, cancellationToken);
    }

    public void Dispose()
    {
    }
}
