using System.Net;
using Calico.Dataplane.Routes;
using Calico.Dataplane.Ruleset;
using Calico.Netlink;
using Calico.Policy.Model;

namespace Calico.Dataplane;

public sealed partial class CalicoDataplane
{
    private async ValueTask<FlushReport> FlushLockedAsync(CancellationToken cancellationToken)
    {
        List<string> problems = [];
        _unreported |= !_interfacesKnown;
        await ReadInterfacesAsync(cancellationToken).ConfigureAwait(false);
        RulesetChange change;
        List<WorkloadEndpointModel> endpoints;
        lock (_lock)
        {
            _planner.Domains.Expire(_time.GetUtcNow());
            if (_network.Plan())
            {
                _planner.SetNetwork(_network.Tunnels, _network.Pools);
                _tunnelsChanged = true;
            }

            change = _planner.Flush();
            if (_endpointsChanged)
            {
                _endpointsChanged = false;
                _active = [.. _planner.Workloads.Active.Select(a => a.Model)];
                PlanWorkloadRoutes(_active);
                _unreported = true;
            }

            endpoints = _active;
        }

        int rules = await _ruleset.ApplyAsync(change, cancellationToken).ConfigureAwait(false);
        WriteMtu(problems);
        if (_unreported)
        {
            Configure(endpoints, problems);
            await LimitBandwidthAsync(endpoints, problems, cancellationToken).ConfigureAwait(false);
        }

        await EnsureTunnelsAsync(problems, cancellationToken).ConfigureAwait(false);
        (int put, int deleted, IReadOnlyList<RouteFailure> failures) = await _routeApplier.ApplyAsync(cancellationToken).ConfigureAwait(false);
        await CleanConnectionsAsync(rules > 0, problems, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            problems.AddRange(_ruleset.Quarantine.Problems);
            _unreported |= _closedBefore || !_ruleset.Quarantine.IsEmpty;
            _closedBefore = !_ruleset.Quarantine.IsEmpty;
        }

        foreach (RouteFailure failure in failures) problems.Add($"Route {failure.Route}: {failure.Error}.");
        if (_unreported || failures.Count > 0)
        {
            _unreported = false;
            lock (_lock) _endpoints.Report(endpoints, _routeApplier.Interfaces, failures.Select(f => f.Route.Destination).ToHashSet(), ReasonClosed);
        }

        return new FlushReport(rules, put, deleted, problems);
    }

    /// <summary>Why an endpoint's packets are dropped because the kernel refused something; null when they are not.</summary>
    private string? ReasonClosed(WorkloadEndpointModel model) =>
        !_ruleset.Quarantine.IsEmpty && _planner.Workloads.ChainsOf(model.Id) is (string egress, string ingress) ? _ruleset.Quarantine.ReasonFor(model.InterfaceName, egress, ingress) : null;

    private List<WorkloadEndpointModel> _active = [];
    private bool _endpointsChanged;
    private bool _tunnelsChanged;
    private bool? _bandwidthLimited;
    private bool _closedBefore;
    private bool _unreported;

    private async ValueTask ReadInterfacesAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_interfacesKnown) return;
            _interfacesKnown = true;
        }

        IReadOnlyList<KernelInterface> interfaces = await _kernel.ReadInterfacesAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (string gone in _routeApplier.Interfaces.Keys.Except(interfaces.Select(i => i.Name)))
            {
                _planner.SetInterface(gone, []);
                _configured.Remove(gone);
            }

            foreach (KernelInterface current in interfaces)
            {
                _planner.SetInterface(current.Name, current.Addresses);
                if (_routeApplier.Interfaces.GetValueOrDefault(current.Name)?.Index != current.Index) _configured.Remove(current.Name);
            }

            _routeApplier.SetInterfaces(interfaces);
        }
    }

    /// <summary>Connections of addresses that left; and, if that is wanted, those the new policy would not let begin.</summary>
    private async ValueTask CleanConnectionsAsync(bool policyChanged, List<string> problems, CancellationToken cancellationToken)
    {
        try
        {
            foreach (IPAddress address in _routeApplier.TakeAbandoned()) await _kernel.DeleteFlowsAsync(address, cancellationToken).ConfigureAwait(false);
            if (!_options.RevokeOnPolicyChange || !policyChanged) return;
            Plan.FlowRevocation revocation;
            lock (_lock) revocation = new Plan.FlowRevocation(_planner.Walks, _planner.Workloads, _routeApplier.Interfaces.Values.SelectMany(i => i.Addresses).ToHashSet());
            await _kernel.DeleteFlowsAsync(
                flow =>
                {
                    lock (_lock) return revocation.IsForbidden(flow);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (NetlinkException e)
        {
            problems.Add($"Connection tracking: {e.Message}");
        }
    }

    /// <summary>After the rules, which let the overlay's packets in from nodes only; before the routes through it.</summary>
    private async ValueTask EnsureTunnelsAsync(List<string> problems, CancellationToken cancellationToken)
    {
        if (!_tunnelsChanged) return;
        bool changed = false;
        foreach (string name in (string[])[Plan.NetworkPlanner.VxlanDevice, Plan.NetworkPlanner.VxlanDeviceV6])
        {
            if (_routeApplier.Interfaces.ContainsKey(name) && !_network.Tunnels.Any(t => t.Name == name)) changed |= await _kernel.DeleteDeviceAsync(name, cancellationToken).ConfigureAwait(false);
        }

        _tunnelsChanged = false;
        foreach (TunnelDevice tunnel in _network.Tunnels)
        {
            try
            {
                changed |= await _kernel.EnsureTunnelAsync(tunnel, _options, cancellationToken).ConfigureAwait(false);
            }
            catch (NetlinkException e)
            {
                problems.Add($"Tunnel {tunnel.Name}: {e.Message}");
                _tunnelsChanged = true;
            }
        }

        if (!changed) return;
        lock (_lock) _interfacesKnown = false;
        await ReadInterfacesAsync(cancellationToken).ConfigureAwait(false);
    }

    private void PlanWorkloadRoutes(IEnumerable<WorkloadEndpointModel> endpoints) =>
        _routes.Replace(RouteClass.LocalWorkload, endpoints.Where(e => e.IsActive)
            .SelectMany(e => e.Nets.Select(net => new RouteTarget(net, RouteClass.LocalWorkload, e.InterfaceName, default)))
            .Where(t => _options.Ipv6Support || t.Destination.BaseAddress.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
            .DistinctBy(t => t.Destination));

    private void Configure(IEnumerable<WorkloadEndpointModel> endpoints, List<string> problems)
    {
        if (!_hostConfigured)
        {
            _hostConfigured = true;
            Write(InterfaceSettings.Host(_options), problems);
        }

        foreach (WorkloadEndpointModel endpoint in endpoints)
        {
            if (!_routeApplier.Interfaces.ContainsKey(endpoint.InterfaceName) || !_configured.Add(endpoint.InterfaceName)) continue;
            Write(InterfaceSettings.Workload(endpoint.InterfaceName, _options.Ipv6Support, !endpoint.AllowedSourcePrefixes.IsEmpty), problems);
        }
    }

    private int? _mtuWritten;

    /// <summary>Whole or not at all, since others read it.</summary>
    private void WriteMtu(List<string> problems)
    {
        if (_options.MtuFile is not { } path || WorkloadMtu is not { } mtu || mtu == _mtuWritten) return;
        try
        {
            string fresh = path + ".new";
            File.WriteAllText(fresh, mtu.ToString(System.Globalization.CultureInfo.InvariantCulture));
            File.Move(fresh, path, overwrite: true);
            _mtuWritten = mtu;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"MTU file {path}: {e.Message}");
        }
    }

    /// <summary>The first time also to take away what an earlier run left; later only while somebody has, or had, a limit.</summary>
    private async ValueTask LimitBandwidthAsync(IEnumerable<WorkloadEndpointModel> endpoints, List<string> problems, CancellationToken cancellationToken)
    {
        Dictionary<string, InterfaceBandwidth> limits = new(StringComparer.Ordinal);
        foreach (WorkloadEndpointModel endpoint in endpoints)
        {
            if (InterfaceBandwidth.Of(endpoint.Qos) is { } limit) limits.TryAdd(endpoint.InterfaceName, limit);
        }

        if (limits.Count == 0 && _bandwidthLimited == false) return;
        try
        {
            problems.AddRange(await _kernel.EnsureBandwidthAsync(limits, cancellationToken).ConfigureAwait(false));
            _bandwidthLimited = limits.Count > 0;
        }
        catch (NetlinkException e) when (limits.Count > 0)
        {
            problems.Add($"Bandwidth limits: {e.Message}");
        }
        catch (NetlinkException)
        {
            _bandwidthLimited = false; // a kernel without traffic control has no limits left over
        }
    }

    /// <summary>Writes what differs: a kernel that is right already is not written to.</summary>
    private void Write(IEnumerable<(string Name, string Value)> settings, List<string> problems)
    {
        foreach ((string name, string value) in settings)
        {
            try
            {
                if (_kernel.ReadSetting(name) != value) _kernel.WriteSettings((name, value));
            }
            catch (NetlinkException e)
            {
                problems.Add($"Kernel parameter {name}: {e.Message}");
            }
        }
    }
}
