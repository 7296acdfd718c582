using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace Calico.Datastore.Tests.Resources;

public sealed class ResourceStoreTests : IAsyncDisposable
{
    private static readonly ResourceKey Pool = new(ResourceKinds.IPPool, "pool-1");

    private readonly MemoryDatastore _store = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 8, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly ResourceStore _resources;

    public ResourceStoreTests() => _resources = new(_store, timeProvider: _time);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    internal static Resource Parse(string json) => Resource.Parse(Encoding.UTF8.GetBytes(json));

    private static Resource NewPool(string cidr = "10.0.0.0/16") =>
        Parse($$"""{"apiVersion":"projectcalico.org/v3","kind":"IPPool","metadata":{"name":"pool-1"},"spec":{"cidr":"{{cidr}}","futureField":{"a":[1,18446744073709551615] } } }""");

    [Fact]
    public async Task A_created_object_lies_under_Calicos_key_without_a_resourceVersion_and_with_every_field()
    {
        Resource created = await _resources.CreateAsync(NewPool());
        KeyValue stored = (await _store.GetAsync("/calico/resources/v3/projectcalico.org/ippools/pool-1"))!;
        JsonNode json = JsonNode.Parse(stored.Value.Span)!;
        Assert.Null(json["metadata"]!["resourceVersion"]);
        Assert.Equal("2026-08-22T10:00:00Z", (string?)json["metadata"]!["creationTimestamp"]);
        Assert.Equal(created.Uid, (string?)json["metadata"]!["uid"]);
        Assert.Equal("18446744073709551615", json["spec"]!["futureField"]!["a"]![1]!.ToJsonString());
        Assert.Equal(stored.ModRevision, created.Revision);
        Assert.True(JsonNode.DeepEquals(created.Json, (await _resources.GetAsync(Pool))!.Json));
    }

    [Fact]
    public async Task Creating_what_exists_shows_it()
    {
        await _resources.CreateAsync(NewPool());
        ResourceException error = await Assert.ThrowsAsync<ResourceException>(async () => await _resources.CreateAsync(NewPool("10.1.0.0/16")));
        Assert.Equal((ResourceError.AlreadyExists, "10.0.0.0/16"), (error.Error, (string?)error.Current!.Spec["cidr"]));
        Assert.Equal("IPPool pool-1 exists already.", error.Message);
    }

    [Fact]
    public async Task An_update_from_an_old_reading_is_a_conflict_and_changes_nothing()
    {
        Resource first = await _resources.CreateAsync(NewPool());
        Resource mine = first.Clone(), theirs = first.Clone();
        theirs.Spec["disabled"] = true;
        Resource updated = await _resources.UpdateAsync(theirs);
        mine.Spec["natOutgoing"] = true;
        ResourceException error = await Assert.ThrowsAsync<ResourceException>(async () => await _resources.UpdateAsync(mine));
        Assert.Equal((ResourceError.Conflict, updated.Revision), (error.Error, error.Current!.Revision));
        Assert.Null((await _resources.GetAsync(Pool))!.Spec["natOutgoing"]);
    }

    [Fact]
    public async Task An_update_keeps_uid_creation_time_and_status()
    {
        Resource pool = NewPool();
        pool.Json["status"] = new JsonObject { ["conditions"] = new JsonArray() };
        Resource first = await _resources.CreateAsync(pool);
        Resource bare = NewPool("10.0.0.0/16");
        bare.Spec["disabled"] = true;
        bare.Revision = first.Revision;
        Resource updated = await _resources.UpdateAsync(bare);
        Assert.Equal((first.Uid, "2026-08-22T10:00:00Z"), (updated.Uid, (string?)updated.Metadata["creationTimestamp"]));
        Assert.NotNull(updated.Json["status"]);
    }

    [Fact]
    public async Task An_update_needs_a_resourceVersion_and_a_create_must_not_have_one()
    {
        ResourceException missing = await Assert.ThrowsAsync<ResourceException>(async () => await _resources.UpdateAsync(NewPool()));
        Assert.Equal("metadata.resourceVersion", Assert.Single(missing.Problems).Path);
        Resource pool = NewPool();
        pool.Revision = 5;
        Assert.Equal("metadata.resourceVersion", Assert.Single((await Assert.ThrowsAsync<ResourceException>(async () => await _resources.CreateAsync(pool))).Problems).Path);
        pool.Revision = 5;
        Assert.Equal(ResourceError.NotFound, (await Assert.ThrowsAsync<ResourceException>(async () => await _resources.UpdateAsync(pool))).Error);
    }

    [Fact]
    public async Task Apply_creates_then_leaves_alone_then_updates()
    {
        Assert.Equal(ApplyOutcome.Created, (await _resources.ApplyAsync(NewPool())).Outcome);
        long revision = (await _resources.GetAsync(Pool))!.Revision;
        Assert.Equal(ApplyOutcome.Unchanged, (await _resources.ApplyAsync(NewPool())).Outcome);
        Assert.Equal(revision, (await _resources.GetAsync(Pool))!.Revision);
        Resource changed = NewPool();
        changed.SetLabel("zone", "a");
        Assert.Equal(ApplyOutcome.Updated, (await _resources.ApplyAsync(changed)).Outcome);
        Assert.Equal("a", (await _resources.GetAsync(Pool))!.Labels["zone"]);
    }

    [Fact]
    public async Task Delete_returns_what_was_there_and_heeds_a_revision()
    {
        Resource pool = await _resources.CreateAsync(NewPool());
        Assert.Equal(ResourceError.Conflict, (await Assert.ThrowsAsync<ResourceException>(async () => await _resources.DeleteAsync(Pool, pool.Revision + 1))).Error);
        Assert.Equal(pool.Uid, (await _resources.DeleteAsync(Pool, pool.Revision)).Uid);
        Assert.Equal(ResourceError.NotFound, (await Assert.ThrowsAsync<ResourceException>(async () => await _resources.DeleteAsync(Pool))).Error);
    }

    [Fact]
    public async Task Modify_goes_on_until_its_change_is_in()
    {
        await _resources.CreateAsync(NewPool());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () => await _resources.ModifyAsync(Pool, pool => pool.SetLabel($"l{i}", "x")))));
        Assert.Equal(8, (await _resources.GetAsync(Pool))!.Labels.Count);
    }

    [Fact]
    public async Task A_namespaced_object_needs_its_namespace()
    {
        Resource policy = Parse("""{"apiVersion":"projectcalico.org/v3","kind":"NetworkPolicy","metadata":{"name":"p"},"spec":{}}""");
        Assert.Equal("metadata.namespace", Assert.Single((await Assert.ThrowsAsync<ResourceException>(async () => await _resources.CreateAsync(policy))).Problems).Path);
    }

    [Fact]
    public async Task Policies_keep_the_users_name_in_an_annotation_and_get_types_and_tier_label()
    {
        await _resources.CreateAsync(Parse("""{"apiVersion":"projectcalico.org/v3","kind":"NetworkPolicy","metadata":{"name":"default.allow","namespace":"ns"},"spec":{"egress":[{"action":"Allow"}]}}"""));
        JsonNode stored = JsonNode.Parse((await _store.GetAsync("/calico/resources/v3/projectcalico.org/networkpolicies/ns/default.allow"))!.Value.Span)!;
        Assert.Equal("""{"name":"default.allow"}""", (string?)stored["metadata"]!["annotations"]!["projectcalico.org/metadata"]);
        Assert.Equal("default", (string?)stored["metadata"]!["labels"]!["projectcalico.org/tier"]);
        Assert.Equal("""["Egress"]""", stored["spec"]!["types"]!.ToJsonString());
        Resource read = (await _resources.GetAsync(new(ResourceKinds.NetworkPolicy, "ns", "default.allow")))!;
        Assert.Equal("default.allow", read.Name);
        Assert.Empty(read.Annotations);
    }

    [Fact]
    public async Task A_policy_as_old_releases_stored_it_loses_its_tier_prefix()
    {
        await _store.PutAsync("/calico/resources/v3/projectcalico.org/globalnetworkpolicies/default.deny", """{"kind":"GlobalNetworkPolicy","apiVersion":"projectcalico.org/v3","metadata":{"name":"default.deny"},"spec":{}}"""u8.ToArray());
        await _store.PutAsync("/calico/resources/v3/projectcalico.org/globalnetworkpolicies/sec.deny", """{"kind":"GlobalNetworkPolicy","apiVersion":"projectcalico.org/v3","metadata":{"name":"sec.deny"},"spec":{"tier":"sec"}}"""u8.ToArray());
        Assert.Equal(["deny", "sec.deny"], (await _resources.ListAsync(ResourceKinds.GlobalNetworkPolicy)).Items.Select(p => p.Name));
    }

    [Fact]
    public async Task A_value_that_is_no_object_is_told_apart_and_does_not_hide_the_others()
    {
        await _resources.CreateAsync(NewPool());
        await _store.PutAsync(ResourceKinds.IPPool.KeyPrefix + "broken", "{\"kind\":"u8.ToArray());
        await _store.PutAsync(ResourceKinds.IPPool.KeyPrefix + "liar", """{"kind":"Tier","apiVersion":"projectcalico.org/v3","metadata":{"name":"liar"}}"""u8.ToArray());
        ResourceList list = await _resources.ListAsync(ResourceKinds.IPPool);
        Assert.Equal("pool-1", Assert.Single(list.Items).Name);
        Assert.Equal(["IPPool broken", "IPPool liar"], list.Unreadable.Select(e => e.Key!.ToString()));
        await _resources.DeleteAsync(new(ResourceKinds.IPPool, "broken"));
    }

    [Fact]
    public async Task Kubernetes_and_Calico_kinds_of_one_name_do_not_meet()
    {
        await _resources.CreateAsync(Parse("""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"p","namespace":"ns"},"spec":{"podSelector":{}}}"""));
        await _resources.CreateAsync(Parse("""{"apiVersion":"projectcalico.org/v3","kind":"NetworkPolicy","metadata":{"name":"p","namespace":"ns"},"spec":{}}"""));
        await _resources.CreateAsync(Parse("""{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}"""));
        await _resources.CreateAsync(Parse("""{"apiVersion":"projectcalico.org/v3","kind":"Node","metadata":{"name":"n"}}"""));
        Assert.Single((await _resources.ListAsync(ResourceKinds.NetworkPolicy)).Items);
        Assert.Single((await _resources.ListAsync(ResourceKinds.KubernetesNetworkPolicy, "ns")).Items);
        Assert.Single((await _resources.ListAsync(ResourceKinds.KubernetesNode)).Items);
    }

    [Fact]
    public async Task A_watch_tells_objects()
    {
        ResourceList list = await _resources.ListAsync(ResourceKinds.IPPool);
        await _resources.CreateAsync(NewPool());
        await _resources.ModifyAsync(Pool, pool => pool.Spec["disabled"] = true);
        await _resources.DeleteAsync(Pool);
        List<string> seen = [];
        await foreach (ResourceEvent change in _resources.WatchAsync(ResourceKinds.IPPool, list.Revision, cancellationToken: TestContext.Current.CancellationToken))
        {
            seen.Add($"{change.Key} {change.Previous is not null}->{change.Resource is not null}");
            if (seen.Count == 3) break;
        }

        Assert.Equal(["IPPool pool-1 False->True", "IPPool pool-1 True->True", "IPPool pool-1 True->False"], seen);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"kind\":\"IPPool\"}")]
    [InlineData("{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"IPPools\",\"metadata\":{\"name\":\"x\"}}")]
    [InlineData("{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"IPPool\",\"metadata\":[]}")]
    [InlineData("{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"IPPool\",\"metadata\":{\"name\":7}}")]
    public void What_is_no_object_is_refused_as_such(string json) =>
        Assert.Equal(ResourceError.Invalid, Assert.Throws<ResourceException>(() => Parse(json)).Error);

    [Theory]
    [InlineData("pool", "IPPool")]
    [InlineData("IPPools", "IPPool")]
    [InlineData("networkpolicies.networking.k8s.io", "NetworkPolicy.networking.k8s.io")]
    [InlineData("netpol", "NetworkPolicy.networking.k8s.io")]
    [InlineData("np", "NetworkPolicy.projectcalico.org")]
    [InlineData("node", "Node.projectcalico.org")]
    public void Words_name_kinds(string word, string kind)
    {
        Assert.True(ResourceKinds.TryFindByWord(word, out ResourceKind? found));
        Assert.StartsWith(kind, found.ToString(), StringComparison.Ordinal);
    }
}
