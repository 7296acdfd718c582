using System.Net;
using Calico.Netlink;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A real kernel, to which some changes are sent spoilt, so that it refuses them itself; and which may be made not to say which.</summary>
internal sealed class SabotagedKernel(IDataplaneKernel kernel, Func<NftChange, NftChange> spoil, bool silent = false) : IDataplaneKernel
{
    public int Commits { get; private set; }

    public async ValueTask CommitAsync(IReadOnlyList<NftChange> changes, CancellationToken cancellationToken = default)
    {
        Commits++;
        try
        {
            await kernel.CommitAsync([.. changes.Select(spoil)], cancellationToken);
        }
        catch (NftTransactionException e) when (silent)
        {
            throw new NftTransactionException([.. e.Failures.Take(1).Select(f => f with { Change = null })]);
        }
    }

    public ValueTask<NftTable?> ReadTableAsync(NftTableId table, CancellationToken cancellationToken = default) => kernel.ReadTableAsync(table, cancellationToken);

    public ValueTask<IReadOnlyList<KernelInterface>> ReadInterfacesAsync(CancellationToken cancellationToken = default) => kernel.ReadInterfacesAsync(cancellationToken);

    public ValueTask<IReadOnlyList<Route>> ReadRoutesAsync(byte protocol, CancellationToken cancellationToken = default) => kernel.ReadRoutesAsync(protocol, cancellationToken);

    public ValueTask<IReadOnlyList<RouteFailure>> ChangeRoutesAsync(IReadOnlyList<Route> delete, IReadOnlyList<Route> put, CancellationToken cancellationToken = default) => kernel.ChangeRoutesAsync(delete, put, cancellationToken);

    public ValueTask<int> DeleteFlowsAsync(IPAddress address, CancellationToken cancellationToken = default) => kernel.DeleteFlowsAsync(address, cancellationToken);

    public ValueTask<int> DeleteFlowsAsync(Predicate<TrackedFlow> condemned, CancellationToken cancellationToken = default) => kernel.DeleteFlowsAsync(condemned, cancellationToken);

    public ValueTask<bool> EnsureTunnelAsync(TunnelDevice tunnel, DataplaneOptions options, CancellationToken cancellationToken = default) => kernel.EnsureTunnelAsync(tunnel, options, cancellationToken);

    public ValueTask<bool> DeleteDeviceAsync(string name, CancellationToken cancellationToken = default) => kernel.DeleteDeviceAsync(name, cancellationToken);

    public ValueTask<IReadOnlyList<string>> EnsureBandwidthAsync(IReadOnlyDictionary<string, InterfaceBandwidth> limits, CancellationToken cancellationToken = default) => kernel.EnsureBandwidthAsync(limits, cancellationToken);

    public string? ReadSetting(string name) => kernel.ReadSetting(name);

    public void WriteSettings(params (string Name, string Value)[] settings) => kernel.WriteSettings(settings);

    public Task WatchInterfacesAsync(Action changed, CancellationToken cancellationToken) => kernel.WatchInterfacesAsync(changed, cancellationToken);

    public Task WatchForeignChangesAsync(NftTableId table, byte protocol, Action<ForeignChange> changed, CancellationToken cancellationToken) => kernel.WatchForeignChangesAsync(table, protocol, changed, cancellationToken);

    public void Dispose() => kernel.Dispose();
}
