using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Calico.Ipam.GarbageCollection;

namespace Calico.Ipam.Tests.Conformance;

/// <summary>Carries out the step language of the multi-step cases.</summary>
internal sealed class ScenarioRun
{
    private readonly InMemoryIpamStore _inner = new();
    private readonly MutableCluster _cluster;
    private readonly FixedTime _time = new(new DateTimeOffset(2026, 8, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly List<AssignedAddress> _assigned = [];
    private readonly List<string> _handles = [];
    private readonly Dictionary<string, string> _names = [];
    private IIpamStore _store;
    private IpamClient _client;
    private ulong _remembered;
    private string? _host;

    public ScenarioRun(JsonElement one)
    {
        _store = _inner;
        _cluster = new MutableCluster { Pools = one.Pools() };
        if (one.Field("nodes") is { } nodes)
        {
            foreach (JsonProperty node in nodes.EnumerateObject()) _cluster.Nodes[Host(node.Name)] = nodes.Map(node.Name);
        }

        _client = NewClient();
    }

    private IpamClient NewClient() => new(_store, _cluster, new IpamOptions { Backoff = TimeSpan.Zero }, _time);

    public async Task RunAsync(JsonElement steps)
    {
        foreach (JsonElement step in steps.EnumerateArray()) await StepAsync(step);
        foreach (IpamBlock block in await _client.GetBlocksAsync()) Invariants.Check(block);
    }

    private async Task StepAsync(JsonElement step)
    {
        if (step.Field("repeat") is { } times)
        {
            for (int i = 0; i < times.GetInt32(); i++) await RunAsync(step.GetProperty("steps"));
            return;
        }

        if (step.Field("forEachNode") is { } each)
        {
            foreach (string node in _cluster.Nodes.Keys)
            {
                _host = node;
                await RunAsync(each);
            }

            return;
        }

        JsonElement expect = step.Field("expect") ?? default;
        foreach (JsonProperty verb in step.EnumerateObject())
        {
            if (verb.Name is "expect" or "host" or "alloc" or "note") continue;
            await VerbAsync(verb.Name, verb.Value, expect, step);
        }
    }

    private Task VerbAsync(string verb, JsonElement value, JsonElement expect, JsonElement step) => verb switch
    {
        "autoAssign" => AutoAssign(value, expect),
        "assignIP" => AssignIP(value, expect),
        "release" => Release([_assigned[^1]], null, null, expect),
        "releaseIPs" => ReleaseIPs(value, expect),
        "releaseByHandle" => _client.ReleaseByHandleAsync(HandleNamed(value.GetString()!)),
        "remember" => Remember(),
        "expectSequence" => ExpectSequence(value.GetString()!),
        "deletePool" => ChangePools(() => _cluster.Pools.RemoveAll(pool => pool.Cidr == Cases.Network(value.GetString()!))),
        "addPool" => ChangePools(() => _cluster.Pools.Add(Cases.Pool(value, _cluster.Pools.Count + 100))),
        "setPool" => ChangePools(() => _cluster.Pools[_cluster.Pools.FindIndex(pool => pool.Cidr == Cases.Network(value.Text("cidr")!))] = Cases.Pool(value, _cluster.Pools.FindIndex(pool => pool.Cidr == Cases.Network(value.Text("cidr")!)))),
        "setNodes" => ChangePools(() =>
        {
            foreach (JsonProperty node in value.EnumerateObject()) _cluster.Nodes[node.Name] = value.Map(node.Name);
        }),
        "removeHost" => Outcome(_client.RemoveHostAsync(value.GetString()!), expect),
        "releaseAffinity" => Outcome(ReleaseAffinity(value), expect),
        "releaseHostAffinities" => Outcome(_client.ReleaseHostAffinitiesAsync(Host(value.Text("host")!), value.Flag("mustBeEmpty")), expect),
        "releasePoolAffinities" => Outcome(_client.ReleasePoolAffinitiesAsync(Cases.Network(value.GetString()!)), expect),
        "create" => Create(value),
        "block" => CreateBlock(value.GetString()!, step.GetProperty("alloc")),
        "expectBlocks" => ExpectBlocks(value.GetInt32()),
        "expectAffinities" => ExpectAffinities(value.GetInt32(), null),
        "expectAffineBlocks" => ExpectAffinities(value.GetInt32(), step.Text("host")),
        "expectAffinity" => ExpectAffinity(value.GetString()!),
        "expectAffinityHost" => ExpectAffinity(AffinityOwner.Host(_names.Keys.First()).ToString()),
        "expectAffinityState" => ExpectAffinityState(value),
        "ensureBlock" => EnsureBlock(value, expect),
        "parallelClaimAffinity" => ParallelClaim(value, expect),
        "gc" => CollectGarbage(expect),
        "inject" => Inject(value.GetString()!),
        _ => throw new NotSupportedException($"step {verb}"),
    };

    private async Task AutoAssign(JsonElement value, JsonElement expect)
    {
        int requests = value.Text("handles") == "one each" ? value.Number("num4") : 1;
        for (int i = 0; i < requests; i++)
        {
            string? handle = value.Text("handle") ?? (requests > 1 ? $"handle-{_handles.Count}" : null);
            if (requests > 1) _handles.Add(handle!);
            AutoAssignRequest request = new()
            {
                Node = Host(value.Text("host") ?? _host!),
                IPv4 = requests > 1 ? 1 : value.Number("num4"),
                IPv6 = value.Number("num6"),
                Handle = handle,
                Use = value.Text("use") is { } use ? Enum.Parse<AllowedUses>(use) : AllowedUses.Workload,
            };
            if (expect.Text("errorText") is { } text)
            {
                Assert.Contains(text, (await Assert.ThrowsAsync<IpamException>(() => _client.AutoAssignAsync(request))).Message, StringComparison.Ordinal);
                return;
            }

            AutoAssignResult result = await _client.AutoAssignAsync(request);
            CheckAssigned(result, expect);
            _assigned.AddRange(result.Addresses);
        }
    }

    private void CheckAssigned(AutoAssignResult result, JsonElement expect)
    {
        List<AssignedAddress> got = [.. result.Addresses];
        if (expect.Field("count") is { } count) Assert.Equal(count.GetInt32(), got.Count);
        if (expect.Field("v4") is { } v4) Assert.Equal(v4.GetInt32(), result.IPv4!.Addresses.Count);
        if (expect.Field("v6") is { } v6) Assert.Equal(v6.GetInt32(), result.IPv6!.Addresses.Count);
        if (expect.Flag("distinctFromEarlier")) Assert.DoesNotContain(got[0].Address, _assigned.Select(earlier => earlier.Address));
        if (expect.Text("sameAs") is "first") Assert.Equal(_assigned[0].Address, got[0].Address);
        if (expect.Text("inPool") is { } pool) Assert.All(got, address => Assert.True(Cases.Network(pool).Contains(address.Address)));
        if (expect.Field("borrowed") is { } borrowed) Assert.All(got, address => Assert.Equal(borrowed.GetBoolean(), address.IsBorrowed));
    }

    private async Task AssignIP(JsonElement value, JsonElement expect)
    {
        IPAddress address = value.Text("ip") == "last" ? _assigned[^1].Address : IPAddress.Parse(value.Text("ip")!);
        Task<AssignedAddress> assign = _client.AssignIPAsync(new AssignIPRequest(address) { Node = Host(value.Text("host")!), Handle = value.Text("handle"), MaxPerHandle = value.Number("maxPerHandle") });
        await Outcome(assign, expect);
        if (assign.IsCompletedSuccessfully) _assigned.Add(await assign);
    }

    private Task ReleaseIPs(JsonElement value, JsonElement expect)
    {
        if (value.ValueKind == JsonValueKind.Array)
            return Outcome(_client.ReleaseIPsAsync([.. value.EnumerateArray().Select(item => new ReleaseOption(IPAddress.Parse(item.GetString()!)))]), expect);
        if (value.ValueKind == JsonValueKind.Object)
            return Release([_assigned[^1]], value.Text("handle"), value.Text("sequenceNumber") == "remembered" ? _remembered : _assigned[^1].SequenceNumber, expect);
        string text = value.GetString()!;
        return Release(text.StartsWith("all", StringComparison.Ordinal) ? [.. _assigned] : [_assigned[Ordinal(text)]], null, null, expect);
    }

    private async Task Release(IReadOnlyList<AssignedAddress> addresses, string? handle, ulong? sequence, JsonElement expect)
    {
        Task<ReleaseResult> release = _client.ReleaseIPsAsync([.. addresses.Select(address => new ReleaseOption(address.Address, handle, sequence))]);
        if (expect.Text("error") is not null)
        {
            IpamException thrown = await Assert.ThrowsAsync<IpamException>(() => release);
            if (expect.Text("error") == "conflict") Assert.True(thrown.Code is IpamErrorCode.BadSequenceNumber or IpamErrorCode.BadHandle or IpamErrorCode.Conflict, thrown.Message);
            Assert.NotNull(await _client.GetAllocationAsync(addresses[0].Address));
            return;
        }

        ReleaseResult result = await release;
        if (expect.Field("released") is { } released) Assert.Equal(released.GetInt32(), result.Released.Count);
        if (expect.Field("unallocated") is { } unallocated) Assert.Equal(unallocated.GetInt32(), result.Unallocated.Count);
    }

    private async Task Remember() => _remembered = await SequenceAsync();

    private async Task ExpectSequence(string text)
    {
        ulong offset = ulong.Parse(text.Split('+')[1], CultureInfo.InvariantCulture);
        Assert.Equal(_remembered + offset, await SequenceAsync());
    }

    private async Task<ulong> SequenceAsync() => (await _client.GetAllocationAsync(_assigned[^1].Address))!.Value.SequenceNumber;

    private Task ChangePools(Action change)
    {
        change();
        _cluster.Changed();
        return Task.CompletedTask;
    }

    private async Task ReleaseAffinity(JsonElement value)
    {
        string host = Host(value.Text("host")!);
        BlockAffinity affinity = (await _client.GetAffinitiesAsync()).First(one => one.Owner.Name == host);
        await _client.ReleaseAffinityAsync(affinity.Block, affinity.Owner, value.Flag("mustBeEmpty"));
    }

    private static async Task Outcome(Task task, JsonElement expect)
    {
        bool fails = expect.Field("error") is { } error && error.ValueKind is JsonValueKind.True or JsonValueKind.String;
        if (!fails)
        {
            await task;
            return;
        }

        IpamException thrown = await Assert.ThrowsAsync<IpamException>(() => task);
        if (expect.Text("error") == "conflict") Assert.Equal(IpamErrorCode.Conflict, thrown.Code);
    }

    private Task Create(JsonElement value)
    {
        if (value.Text("block") is { } cidr)
        {
            IpamBlock block = Blocks.BlockFactory.Create(Cases.Network(cidr), AffinityOwner.TryParse(value.Text("affinity"), out AffinityOwner? owner) ? owner : null, null, _time.Now);
            _inner.Put(IpamKeys.Block(block.Cidr), block.Encode());
            return Task.CompletedTask;
        }

        string type = value.Text("type") is { Length: > 0 } given ? given : AffinityOwner.HostType;
        _inner.Put(IpamKeys.Affinity(new AffinityOwner(type, value.Text("host")!), Cases.Network(value.Text("affinity")!)), Encoding.UTF8.GetBytes($$"""{"state":"{{value.Text("state")}}","deleted":false}"""));
        return Task.CompletedTask;
    }

    private Task CreateBlock(string cidr, JsonElement alloc)
    {
        JsonElement first = alloc.EnumerateObject().First().Value;
        AffinityOwner owner = AffinityOwner.Host(first.Text("node")!);
        IpamBlock block = Blocks.BlockFactory.Create(Cases.Network(cidr), owner, null, _time.Now);
        foreach (JsonProperty one in alloc.EnumerateObject())
        {
            Dictionary<string, string> attributes = one.Value.EnumerateObject().Where(field => field.Name != "handle").ToDictionary(field => field.Name, field => field.Value.ToString());
            block = Blocks.BlockAssign.Named(block, int.Parse(one.Name, CultureInfo.InvariantCulture), new AllocationRecord(one.Value.Text("handle"), attributes), Blocks.SequenceStep.One)!;
        }

        _inner.Put(IpamKeys.Block(block.Cidr), block.Encode());
        _inner.Put(IpamKeys.Affinity(owner, block.Cidr), new BlockAffinity(owner, block.Cidr, AffinityState.Confirmed).Encode());
        return Task.CompletedTask;
    }

    private async Task ExpectBlocks(int count) => Assert.Equal(count, (await _client.GetBlocksAsync()).Count);

    private async Task ExpectAffinities(int count, string? host) => Assert.Equal(count, (await _client.GetAffinitiesAsync()).Count(affinity => host is null || affinity.Owner.Name == host));

    private async Task ExpectAffinity(string owner) => Assert.Contains(owner, (await _client.GetBlocksAsync()).Select(block => block.Affinity?.ToString()));

    private async Task ExpectAffinityState(JsonElement value)
    {
        IReadOnlyList<BlockAffinity> affinities = await _client.GetAffinitiesAsync();
        foreach (JsonProperty host in value.EnumerateObject())
        {
            BlockAffinity? affinity = affinities.FirstOrDefault(one => one.Owner.Name == host.Name);
            Assert.Equal(host.Value.ValueKind == JsonValueKind.Null ? null : host.Value.GetString(), affinity is null ? null : BlockAffinity.StateText(affinity.State));
        }
    }

    private async Task EnsureBlock(JsonElement value, JsonElement expect)
    {
        IPNetwork block = (await _client.EnsureBlockAsync(new AutoAssignRequest { Node = value.Text("host")!, IPv4Pools = [.. value.Texts("pools").Select(Cases.Network)] })).Single();
        if (expect.Text("inPool") is { } pool) Assert.True(Cases.Network(pool).Contains(block.BaseAddress));
        if (expect.Text("sameAs") is "first") Assert.Equal(_names["ensured"], block.ToString());
        _names.TryAdd("ensured", block.ToString());
    }

    private async Task ParallelClaim(JsonElement value, JsonElement expect)
    {
        ClaimResult[] results = await Task.WhenAll(Enumerable.Range(0, value.Number("times")).Select(_ =>
            Task.Run(() => new IpamClient(_store, _cluster).ClaimAffinityAsync(Cases.Network(value.Text("cidr")!), value.Text("host")!))));
        Assert.All(results, result => Assert.Equal((expect.Number("claimed"), expect.Number("failed")), (result.Claimed.Count, result.Failed.Count)));
    }

    private async Task CollectGarbage(JsonElement expect)
    {
        IpamGarbageCollector collector = new(_client, _ => new(new ClusterFacts { Nodes = _cluster.Nodes.Keys.ToHashSet(), Pods = [] }));
        GcReport report = await collector.RunAsync();
        Assert.Empty(report.Failures);
        Assert.Equal(expect.Texts("releasedHandles"), report.Plan.Confirmed.Select(leak => leak.Record.HandleId!));
        if (expect.Text("nodeAffinityReleased") is { } node) Assert.DoesNotContain(await _client.GetAffinitiesAsync(), affinity => affinity.Owner.Name == node);
    }

    private async Task Inject(string what)
    {
        // Where the block is to be released the scenario takes for granted that the host has it.
        if (!what.StartsWith("host-b", StringComparison.Ordinal)) await _client.ClaimAffinityAsync(_cluster.Pools[0].Cidr, _cluster.Nodes.Keys.First());
        Calico.Ipam.Testing.FaultyIpamStore faulty = new(_inner, maxWritesPerCommit: 1);
        ScenarioInjections.Install(what, faulty, _inner, _cluster, _time);
        _store = faulty;
        _client = NewClient();
    }

    private string HandleNamed(string text) => text is "first" or "second" or "third" ? _handles[Ordinal(text)] : text;

    private static int Ordinal(string text) => text switch
    {
        "first" => 0,
        "second" => 1,
        "third" => 2,
        _ => throw new NotSupportedException(text),
    };

    // "long--hostna x21 (252 chars)" stands for the text 21 times over.
    private string Host(string text)
    {
        int times = text.IndexOf(" x21", StringComparison.Ordinal);
        if (times < 0) return text;
        string name = string.Concat(Enumerable.Repeat(text[..times], 21));
        _names.TryAdd(name, name);
        return name;
    }
}
