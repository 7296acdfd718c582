using System.Net;
using Calico.Policy.Model;

namespace Calico.Dataplane.Kernel;

/// <summary>How far each workload endpoint has come, and who waits for it.</summary>
internal sealed class EndpointTracker(Action<EndpointStatus> changed)
{
    private readonly Dictionary<WorkloadEndpointId, Entry> _entries = [];
    private readonly Dictionary<WorkloadEndpointId, List<TaskCompletionSource<EndpointStatus>>> _waiting = [];

    public EndpointStatus? StatusOf(WorkloadEndpointId id) => _entries.GetValueOrDefault(id)?.Status;

    public void Put(WorkloadEndpointModel model)
    {
        long generation = (_entries.GetValueOrDefault(model.Id)?.Generation ?? 0) + 1;
        Set(model.Id, new Entry(model, generation, new EndpointStatus(model.Id, generation, EndpointState.Pending, "policy is not in force yet")));
    }

    public void Remove(WorkloadEndpointId id) => _entries.Remove(id);

    public Task<EndpointStatus> WaitAsync(WorkloadEndpointId id, CancellationToken cancellationToken)
    {
        if (StatusOf(id) is { State: EndpointState.Realised } status) return Task.FromResult(status);
        TaskCompletionSource<EndpointStatus> waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_waiting.TryGetValue(id, out List<TaskCompletionSource<EndpointStatus>>? waiters)) _waiting[id] = waiters = [];
        waiters.Add(waiter);
        return waiter.Task.WaitAsync(cancellationToken);
    }

    /// <param name="inForce">The endpoints whose policy the kernel has now, in the version that was flushed.</param>
    /// <param name="interfaces">The interfaces that are there.</param>
    /// <param name="failedRoutes">Destinations the kernel refused.</param>
    /// <param name="closed">Why the ruleset drops all packets of an endpoint against its policy; null when it does not.</param>
    public void Report(IEnumerable<WorkloadEndpointModel> inForce, IReadOnlyDictionary<string, KernelInterface> interfaces, IReadOnlySet<IPNetwork> failedRoutes, Func<WorkloadEndpointModel, string?> closed)
    {
        foreach (WorkloadEndpointModel model in inForce)
        {
            if (!_entries.TryGetValue(model.Id, out Entry? entry) || !ReferenceEquals(entry.Model, model)) continue;
            (EndpointState state, string reason) = StateOf(model, interfaces, failedRoutes, closed(model));
            if (entry.Status.State != state || entry.Status.Reason != reason)
                Set(model.Id, entry with { Status = entry.Status with { State = state, Reason = reason } });
        }
    }

    private static (EndpointState, string) StateOf(WorkloadEndpointModel model, IReadOnlyDictionary<string, KernelInterface> interfaces, IReadOnlySet<IPNetwork> failedRoutes, string? closed)
    {
        if (!model.IsActive) return (EndpointState.Down, "administratively down");
        if (closed is not null) return (EndpointState.Failed, closed);
        if (!interfaces.TryGetValue(model.InterfaceName, out KernelInterface? device)) return (EndpointState.Pending, $"interface {model.InterfaceName} is not there");
        if (!device.IsUp) return (EndpointState.Pending, $"interface {model.InterfaceName} is down");
        foreach (IPNetwork net in model.Nets)
        {
            if (failedRoutes.Contains(net)) return (EndpointState.Failed, $"the kernel refused the route to {net}");
        }

        return (EndpointState.Realised, "");
    }

    private void Set(WorkloadEndpointId id, Entry entry)
    {
        _entries[id] = entry;
        changed(entry.Status);
        if (entry.Status.State != EndpointState.Realised || !_waiting.Remove(id, out List<TaskCompletionSource<EndpointStatus>>? waiters)) return;
        foreach (TaskCompletionSource<EndpointStatus> waiter in waiters) waiter.TrySetResult(entry.Status);
    }

    private sealed record Entry(WorkloadEndpointModel Model, long Generation, EndpointStatus Status);
}
