using System.Net;
using Calico.Datastore;
using Calico.Datastore.Sqlite;
using Calico.Ipam.Testing;
using CommitResult = Calico.Ipam.CommitResult;

namespace Calico.Ipam.Tests;

/// <summary>The programs of the package's README, as they stand there.</summary>
public class ReadmeTests
{
    [Fact]
    public async Task An_address_in_memory()
    {
        InMemoryIpamStore store = new();
        IPPool pool = new() { Name = "pods", Cidr = IPNetwork.Parse("10.244.0.0/16") };
        store.Put(pool.Key, pool.Encode());

        IpamClient ipam = new(store);
        AutoAssignResult result = await ipam.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", Handle = "web-0", IPv4 = 1 });
        AssignedAddress address = Assert.Single(result.ThrowIfIncomplete().Addresses);
        Assert.True(pool.Cidr.Contains(address.Address));

        ReleaseResult released = await ipam.ReleaseByHandleAsync("web-0");
        Assert.Equal([address.Address], released.Released);
        Assert.Null(await store.GetAsync(IpamKeys.Handle("web-0")));
    }

    [Fact]
    public async Task An_address_on_SQLite()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("calico-ipam-readme-");
        try
        {
            await using IDatastore datastore = new SqliteDatastore(Path.Combine(folder.FullName, "calico.db"));
            IPPool pool = new() { Name = "pods", Cidr = IPNetwork.Parse("10.244.0.0/16") };
            await datastore.PutAsync(pool.Key, pool.Encode());
            IpamClient ipam = new(new DatastoreIpamStore(datastore));
            AutoAssignResult result = await ipam.AutoAssignAsync(new AutoAssignRequest { Node = "node-1", Handle = "web-0", IPv4 = 1 });
            Assert.True(pool.Cidr.Contains(Assert.Single(result.ThrowIfIncomplete().Addresses).Address));
            Assert.Single((await ipam.ReleaseByHandleAsync("web-0")).Released);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static IEnumerable<TheoryDataRow<string>> StoreChecks => IpamStoreConformance.Checks.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory, MemberData(nameof(StoreChecks))]
    public Task A_store_of_ones_own(string name) => IpamStoreConformance.Checks[name](new MyStore());

    private sealed class MyStore : IIpamStore
    {
        private readonly SortedDictionary<string, StoreEntry> _entries = new(StringComparer.Ordinal);
        private long _revision;

        public int MaxWritesPerCommit => 1;

        public bool CanBeAmbiguous => false;

        public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken = default)
        {
            lock (_entries) return new(_entries.GetValueOrDefault(key));
        }

        public ValueTask<IReadOnlyList<StoreEntry>> ListAsync(string prefix, bool keysOnly = false, CancellationToken cancellationToken = default)
        {
            lock (_entries) return new([.. _entries.Values.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))]);
        }

        public ValueTask<CommitResult> CommitAsync(ReadOnlyMemory<StoreWrite> writes, CancellationToken cancellationToken = default)
        {
            StoreWrite write = writes.Span[0];
            lock (_entries)
            {
                if ((_entries.GetValueOrDefault(write.Key)?.Revision ?? 0) != write.ExpectedRevision) return new(CommitResult.Conflict);
                if (write.Value is { } value) _entries[write.Key] = new StoreEntry(write.Key, value, ++_revision);
                else _entries.Remove(write.Key);
                return new(CommitResult.Done(_revision));
            }
        }
    }
}
