using System.Net;
using Calico.Ipam.GarbageCollection;

namespace Calico.Ipam.Testing;

/// <summary>
/// Several IPAM processes over one store, run step by step by a script of numbers: which process makes its next store call, what goes wrong with it, which
/// process crashes, how the clock jumps. The simulation keeps the model (which addresses their owners count as theirs) and notes every broken promise.
/// </summary>
/// <remarks>Deterministic: one script, one run. Made for property tests: generate the script, let it shrink.</remarks>
public sealed class IpamSimulation
{
    private readonly SimulationSetup _setup;
    private readonly InMemoryIpamStore _store = new();
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<SimulatedProcess> _processes = [];
    private readonly Dictionary<IPAddress, (string Pod, ulong Sequence)> _live = [];
    private readonly Dictionary<string, string> _pods = [];
    private readonly List<string> _violations = [];
    private int _names;

    /// <summary>A world at its start.</summary>
    /// <param name="setup">What it is made of; null for the default.</param>
    public IpamSimulation(SimulationSetup? setup = null)
    {
        _setup = setup ?? new SimulationSetup();
        Cluster = new IpamCluster(_setup.Pools, config: _setup.Config);
        foreach (string node in _setup.Processes) _processes.Add(new SimulatedProcess(node, NewStore, NewClient));
    }

    /// <summary>Promises that were broken; empty when all is well.</summary>
    public IReadOnlyList<string> Violations => _violations;

    /// <summary>How many operations were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>How many processes crashed.</summary>
    public int Crashes { get; private set; }

    internal IpamCluster Cluster { get; }

    /// <summary>Runs a script; any numbers are a script.</summary>
    /// <param name="script">One number for each step.</param>
    public void Run(IEnumerable<int> script)
    {
        ArgumentNullException.ThrowIfNull(script);
        foreach (int number in script)
        {
            uint choice = (uint)number;
            SimulatedProcess process = _processes[(int)(choice % (uint)_processes.Count)];
            choice /= (uint)_processes.Count;
            _time.Advance(TimeSpan.FromSeconds(1));
            if (process.IsIdle) Start(process, choice);
            else Continue(process, choice);
        }
    }

    /// <summary>Lets all processes finish undisturbed, collects garbage, and checks that nothing is doubled, lost or left over.</summary>
    public async Task FinishAsync()
    {
        for (int steps = 0; _processes.Exists(process => !process.IsIdle); steps++)
        {
            if (steps > 100_000)
            {
                _violations.Add("operations do not end");
                return;
            }

            foreach (SimulatedProcess process in _processes.Where(process => !process.IsIdle)) Step(process, StoreFault.None);
        }

        IpamClient client = NewClient(_store);
        IpamGarbageCollector collector = new(client, _ => new(Facts()), new GcOptions { LeakGracePeriod = TimeSpan.FromMinutes(15) });
        for (int look = 0; look < 4; look++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            GcReport report = await collector.RunAsync().ConfigureAwait(false);
            _violations.AddRange(report.Failures.Select(failure => $"garbage collection: {failure}"));
        }

        _violations.AddRange(await IpamInvariants.CheckAsync(client).ConfigureAwait(false));
        await CompareAsync(client).ConfigureAwait(false);
        await TakeTheRestAsync(client).ConfigureAwait(false);
    }

    private void Start(SimulatedProcess process, uint choice)
    {
        uint argument = choice / 16;
        switch (choice % 16)
        {
            case <= 6:
                Assign(process, v4: 1 + (int)(argument % 3), v6: (int)(argument / 3 % 2));
                break;
            case 7:
                AssignNamed(process, argument);
                break;
            case 8 or 9 or 10 when Pick(argument) is { } address:
                ReleaseHandle(process, _live[address].Pod);
                break;
            case 11 when Pick(argument) is { } address:
                ReleaseAddresses(process, _live[address].Pod);
                break;
            case 12:
                process.Begin(client => client.ReleaseHostAffinitiesAsync(process.Node, mustBeEmpty: argument % 2 == 0));
                break;
            case 13:
                process.Begin(client => new IpamGarbageCollector(client, _ => new(Facts()), new GcOptions { LeakGracePeriod = TimeSpan.Zero }).RunAsync());
                break;
            case 14:
                process.Begin(client => client.SweepCooledAsync());
                break;
            default:
                _time.Advance(TimeSpan.FromMinutes((int)(argument % 2000) - 1000));
                break;
        }

        Finish(process);
    }

    private void Continue(SimulatedProcess process, uint choice)
    {
        switch (choice % 40)
        {
            case 0:
                process.Crash();
                Crashes++;
                foreach (string pod in process.Pods) _pods.Remove(pod);
                process.Pods.Clear();
                break;
            case 1:
                Step(process, StoreFault.LostRequest);
                break;
            case 2 or 3:
                Step(process, StoreFault.LostReply);
                break;
            case 4:
                Step(process, StoreFault.Conflict);
                break;
            default:
                Step(process, StoreFault.None);
                break;
        }
    }

    private void Step(SimulatedProcess process, StoreFault fault)
    {
        process.Store.Step(fault);
        Finish(process);
    }

    private void Finish(SimulatedProcess process)
    {
        if (process.TakeFinished() is not { } task) return;
        Acknowledged++;
        if (task.Exception?.InnerException is { } failure)
        {
            foreach (string pod in process.Pods) _pods.Remove(pod);
            if (failure is not IpamException) _violations.Add($"{process.Node}: {failure}");
        }
        else
        {
            IEnumerable<AssignedAddress> got = task switch
            {
                Task<AutoAssignResult> auto => auto.GetAwaiter().GetResult().Addresses,
                Task<AssignedAddress> named => [named.GetAwaiter().GetResult()],
                _ => [],
            };
            foreach (AssignedAddress address in got)
            {
                if (_live.TryGetValue(address.Address, out (string Pod, ulong Sequence) other)) _violations.Add($"{address.Address} given to {process.Pods[0]}, {other.Pod} has it");
                else _live[address.Address] = (process.Pods[0], address.SequenceNumber);
            }
        }

        process.Pods.Clear();
    }

    private void Assign(SimulatedProcess process, int v4, int v6)
    {
        string pod = NewPod(process);
        process.Begin(client => client.AutoAssignAsync(new AutoAssignRequest { Node = process.Node, IPv4 = v4, IPv6 = v6, Handle = Handle(pod), Attributes = Attributes(pod, process.Node) }));
    }

    private void AssignNamed(SimulatedProcess process, uint argument)
    {
        string pod = NewPod(process);
        IPPool pool = _setup.Pools[(int)(argument % (uint)_setup.Pools.Count)];
        byte[] octets = pool.Cidr.BaseAddress.GetAddressBytes();
        int hosts = 1 << Math.Min(8, octets.Length * 8 - pool.Cidr.PrefixLength);
        octets[^1] |= (byte)(argument / 2 % (uint)hosts);
        process.Begin(client => client.AssignIPAsync(new AssignIPRequest(new IPAddress(octets)) { Node = process.Node, Handle = Handle(pod), Attributes = Attributes(pod, process.Node) }));
    }

    // Its owner lets go the moment it asks: from here on somebody else may have the address.
    private void ReleaseHandle(SimulatedProcess process, string pod)
    {
        foreach (IPAddress address in _live.Where(pair => pair.Value.Pod == pod).Select(pair => pair.Key).ToList()) _live.Remove(address);
        _pods.Remove(pod);
        process.Begin(client => client.ReleaseByHandleAsync(Handle(pod)));
    }

    // All at once: while a pod exists garbage collection keeps everything of its handle.
    private void ReleaseAddresses(SimulatedProcess process, string pod)
    {
        List<ReleaseOption> options = [.. _live.Where(pair => pair.Value.Pod == pod).Select(pair => new ReleaseOption(pair.Key, Handle(pod), pair.Value.Sequence))];
        foreach (ReleaseOption option in options) _live.Remove(option.Address);
        _pods.Remove(pod);
        process.Begin(client => client.ReleaseIPsAsync(options));
    }

    private IPAddress? Pick(uint argument) => _live.Count == 0 ? null : _live.Keys.OrderBy(address => address.ToString(), StringComparer.Ordinal).ElementAt((int)(argument % (uint)_live.Count));

    private string NewPod(SimulatedProcess process)
    {
        string pod = $"pod-{++_names}";
        _pods[pod] = process.Node;
        process.Pods.Add(pod);
        return pod;
    }

    private ClusterFacts Facts() => new()
    {
        Nodes = _setup.Processes.ToHashSet(),
        Pods = [.. _pods.Select(pod => new PodFact("test", pod.Key, pod.Value, [.. _live.Where(pair => pair.Value.Pod == pod.Key).Select(pair => pair.Key)]))],
    };

    private static string Handle(string pod) => $"net.{pod}";

    private static Dictionary<string, string> Attributes(string pod, string node) =>
        new() { [OwnerAttributes.Pod] = pod, [OwnerAttributes.Namespace] = "test", [OwnerAttributes.Node] = node };

    private SteppedIpamStore NewStore() => new(_store, _setup.HasTransactions ? null : 1)
    {
        AfterCommit = (writes, result) =>
        {
            if (result.Status == CommitStatus.Done) _violations.AddRange(IpamInvariants.Check(writes.Span));
        },
    };

    private IpamClient NewClient(IIpamStore store) =>
        new(store, new FixedClusterSource(Cluster), new IpamOptions { Backoff = TimeSpan.Zero }, _time);

    // After garbage collection the store and the owners agree to the address.
    private async Task CompareAsync(IpamClient client)
    {
        Dictionary<IPAddress, string?> stored = (await client.GetBlocksAsync().ConfigureAwait(false))
            .SelectMany(block => block.Allocations).Where(allocation => !allocation.Attribute.IsCooling).ToDictionary(allocation => allocation.Address, allocation => allocation.Attribute.HandleId);
        foreach ((IPAddress address, (string pod, _)) in _live)
        {
            if (!stored.TryGetValue(address, out string? handle)) _violations.Add($"{address} of {pod} is not allocated any more");
            else if (handle != Handle(pod)) _violations.Add($"{address} of {pod} is under handle {handle}");
        }

        _violations.AddRange(stored.Where(pair => !_live.ContainsKey(pair.Key)).Select(pair => $"{pair.Key} under {pair.Value} is nobody's: leaked"));
    }

    // Every address that nobody has can be assigned: none is lost.
    private async Task TakeTheRestAsync(IpamClient client)
    {
        if (_setup.Config.StrictAffinity) return;
        _time.Advance(TimeSpan.FromHours(1));
        int Rest(int version) => (int)_setup.Pools.Where(pool => pool.IpVersion == version).Sum(pool => 1L << ((version == 6 ? 128 : 32) - pool.Cidr.PrefixLength)) -
            _live.Keys.Count(address => (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) == (version == 6));
        AutoAssignResult rest = await client.AutoAssignAsync(new AutoAssignRequest { Node = "late", IPv4 = Rest(4), IPv6 = Rest(6), Handle = "rest" }).ConfigureAwait(false);
        if (!rest.IsComplete) _violations.Add($"addresses are lost: {rest.IPv4?.ShortfallMessage}; {rest.IPv6?.ShortfallMessage}");
        _violations.AddRange(rest.Addresses.Where(address => _live.ContainsKey(address.Address)).Select(address => $"{address.Address} was given again at the end"));
    }
}
