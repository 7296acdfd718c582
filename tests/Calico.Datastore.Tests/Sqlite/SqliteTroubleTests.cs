using System.Text;
using Calico.Datastore.Sqlite;
using Calico.Datastore.Sqlite.Storage;

namespace Calico.Datastore.Tests.Sqlite;

public sealed class SqliteTroubleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    private string FileName => _folder.File("store.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_locked_file_is_an_error_by_name_and_afterwards_all_goes_on()
    {
        await using SqliteDatastore store = new(new SqliteDatastoreOptions { Path = FileName, LockTimeout = TimeSpan.FromMilliseconds(200) });
        await store.PutAsync("/a", "1"u8.ToArray(), cancellationToken: Bound);
        using (Database other = new(FileName, TimeSpan.FromSeconds(1)))
        {
            other.Execute("BEGIN IMMEDIATE");
            DatastoreException error = await Assert.ThrowsAsync<DatastoreException>(async () => await store.PutAsync("/a", "2"u8.ToArray(), cancellationToken: Bound));
            Assert.Equal(DatastoreError.Locked, error.Error);
            Assert.Contains(FileName, error.Message, StringComparison.Ordinal);
            Assert.Equal("1"u8.ToArray(), (await store.GetAsync("/a", Bound))!.Value.ToArray());
            other.Execute("ROLLBACK");
        }

        Assert.True((await store.PutAsync("/a", "2"u8.ToArray(), cancellationToken: Bound)).Committed);
    }

    [Fact]
    public async Task A_lock_that_ends_in_time_is_only_waited_for()
    {
        await using SqliteDatastore store = new(FileName);
        using Database other = new(FileName, TimeSpan.FromSeconds(1));
        other.Execute("BEGIN IMMEDIATE");
        Task<CommitResult>[] waiting = [.. Enumerable.Range(0, 20).Select(i => store.PutAsync($"/a/{i}", default, cancellationToken: Bound).AsTask())];
        await Task.Delay(100, Bound);
        Assert.DoesNotContain(waiting, t => t.IsCompleted);
        other.Execute("ROLLBACK");
        CommitResult[] results = await Task.WhenAll(waiting);
        Assert.Equal(20, results.Select(r => r.Revision).Distinct().Count());
    }

    [Fact]
    public async Task A_commit_given_up_while_it_waits_for_the_lock_is_never_written()
    {
        await using SqliteDatastore store = new(FileName);
        using Database other = new(FileName, TimeSpan.FromSeconds(1));
        other.Execute("BEGIN IMMEDIATE");
        using CancellationTokenSource soon = new();
        Task<CommitResult> first = store.PutAsync("/first", default, cancellationToken: Bound).AsTask();
        Task<CommitResult> queued = store.PutAsync("/queued", default, cancellationToken: soon.Token).AsTask();
        await soon.CancelAsync();
        other.Execute("ROLLBACK");
        Assert.True((await first).Committed);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        Assert.Null(await store.GetAsync("/queued", Bound));
    }

    [Fact]
    public async Task A_store_at_its_size_limit_says_so_loses_nothing_and_takes_writes_again_when_there_is_room()
    {
        await using SqliteDatastore store = new(new SqliteDatastoreOptions { Path = FileName, MaximumSize = 400_000, HistoryRevisions = 1000 });
        int stored = 0;
        DatastoreException error = await Assert.ThrowsAsync<DatastoreException>(async () =>
        {
            for (; stored < 1000; stored++) await store.PutAsync($"/a/{stored:d4}", new byte[10_000], cancellationToken: Bound);
        });
        Assert.Equal(DatastoreError.Full, error.Error);
        Assert.Equal(stored, (await store.ListAsync("/a/", cancellationToken: Bound)).Items.Count);
        Assert.InRange(stored, 30, 42);
        await store.DeleteAsync("/a/0000", Bound);
        await store.DeleteAsync("/a/0001", Bound);
        Assert.True((await store.PutAsync("/a/9999", new byte[10_000], cancellationToken: Bound)).Committed);
        Assert.Equal(stored - 1, (await store.ListAsync("/a/", cancellationToken: Bound)).Items.Count);
    }

    [Fact]
    public async Task A_full_disk_is_an_error_by_name_and_what_was_acknowledged_is_there()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("Mounting a small tmpfs in a mount namespace needs root.");
        List<string> lines = [];
        using StoreWorker worker = StoreWorker.Start("fill", $"{_folder.Path}/store.db", "", lines.Add,
            "unshare", "-m", "sh", "-c", $"mount -t tmpfs -o size=2m none {_folder.Path} && exec \"$@\"", "sh");
        await worker.EndAsync();
        string[] said = lines[^1].Split(' ');
        Assert.True(said[0] == "Full", string.Join('\n', lines));
        Assert.Equal(said[1], said[2]);
        Assert.NotEqual("0", said[1]);
    }

    [Fact]
    public async Task A_read_only_file_is_an_error_by_name()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("A read-only mount in a mount namespace needs root.");
        await using (SqliteDatastore store = new(FileName)) await store.PutAsync("/a", default, cancellationToken: Bound);
        List<string> lines = [];
        using StoreWorker worker = StoreWorker.Start("open", FileName, "", lines.Add,
            "unshare", "-m", "sh", "-c", $"mount --bind {_folder.Path} {_folder.Path} && mount -o remount,bind,ro {_folder.Path} && exec \"$@\"", "sh");
        await worker.EndAsync();
        Assert.StartsWith($"ReadOnly: The datastore {FileName} cannot be written", Assert.Single(lines), StringComparison.Ordinal);
    }

    /// <summary>Pages overwritten with noise: what is noticed is an error that names the file, and nothing else goes wrong.</summary>
    [Fact]
    public async Task A_damaged_file_is_an_error_by_name()
    {
        await using (SqliteDatastore store = new(FileName))
        {
            for (int i = 0; i < 200; i++) await store.PutAsync($"/a/{i:d3}", Encoding.UTF8.GetBytes($"{i:d4}{new string('x', 500)}"), cancellationToken: Bound);
        }

        byte[] good = Copy(FileName);
        Assert.True(good.Length > 20 * 4096);
        Random random = new(1);
        int errors = 0;
        for (int round = 0; round < 25; round++)
        {
            byte[] bad = [.. good];
            random.NextBytes(bad.AsSpan(random.Next(1, bad.Length / 4096) * 4096, 300));
            string copy = _folder.File($"bad-{round}.db");
            await File.WriteAllBytesAsync(copy, bad, Bound);
            try
            {
                await using SqliteDatastore store = new(copy);
                for (int i = 0; i < 200; i++) await store.GetAsync($"/a/{i:d3}", Bound);
                await store.ListAsync("/a/", cancellationToken: Bound);
            }
            catch (DatastoreException error)
            {
                errors++;
                Assert.Equal(DatastoreError.Corrupt, error.Error);
                Assert.Contains(copy, error.Message, StringComparison.Ordinal);
            }
        }

        Assert.True(errors > 0, "no damage was noticed");
    }

    [Fact]
    public void What_is_no_datastore_is_refused_and_left_alone()
    {
        File.WriteAllText(FileName, new string('x', 5000));
        Assert.Equal(DatastoreError.Corrupt, Assert.Throws<DatastoreException>(() => new SqliteDatastore(FileName)).Error);
        Assert.Equal(new string('x', 5000), File.ReadAllText(FileName));

        string other = _folder.File("other.db");
        using (Database database = new(other, TimeSpan.Zero)) database.Execute("CREATE TABLE mine (a)");
        DatastoreException error = Assert.Throws<DatastoreException>(() => new SqliteDatastore(other));
        Assert.Equal(DatastoreError.Corrupt, error.Error);
        Assert.Contains("something else", error.Message, StringComparison.Ordinal);

        Assert.Equal(DatastoreError.Unavailable, Assert.Throws<DatastoreException>(() => new SqliteDatastore(_folder.File("missing/store.db"))).Error);
        Assert.Equal(DatastoreError.Unavailable, Assert.Throws<DatastoreException>(() => new SqliteDatastore(_folder.Path)).Error);
    }

    [Fact]
    public async Task A_newer_format_is_refused_by_name()
    {
        await using (SqliteDatastore store = new(FileName)) await store.PutAsync("/a", default, cancellationToken: Bound);
        using (Database database = new(FileName, TimeSpan.Zero)) database.Execute("PRAGMA user_version=99");
        Assert.Contains("newer release", Assert.Throws<DatastoreException>(() => new SqliteDatastore(FileName)).Message, StringComparison.Ordinal);
    }

    /// <summary>A power failure leaves any beginning of the log on the disk: whatever it is, the store is as it was after some commit.</summary>
    [Fact]
    public async Task A_log_cut_off_anywhere_leaves_a_whole_number_of_commits()
    {
        const int Commits = 30;
        await using SqliteDatastore store = new(FileName);
        for (int i = 1; i <= Commits; i++)
            await store.CommitAsync(new Transaction().Put("/a", Encoding.UTF8.GetBytes($"{i}")).Put($"/b/{i}", new byte[i * 100]), Bound);
        byte[] main = Copy(FileName), log = Copy($"{FileName}-wal");
        Random random = new(1);
        int[] cuts = [0, 1, 31, 32, .. Enumerable.Range(0, 40).Select(_ => random.Next(log.Length)), log.Length];
        HashSet<int> found = [];
        foreach (int cut in cuts)
        {
            string copy = _folder.File($"cut-{cut}.db");
            await File.WriteAllBytesAsync(copy, main, Bound);
            await File.WriteAllBytesAsync($"{copy}-wal", log[..cut], Bound);
            if (cut < 100 && main.Length == 0) continue;
            await using SqliteDatastore after = new(copy);
            string last = await after.GetAsync("/a", Bound) is { } a ? Encoding.UTF8.GetString(a.Value.Span) : "0";
            int count = int.Parse(last, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(count, (await after.ListAsync("/b/", keysOnly: true, Bound)).Items.Count);
            Assert.True((await after.PutAsync("/next", default, cancellationToken: Bound)).Committed);
            found.Add(count);
        }

        Assert.Contains(Commits, found);
        Assert.True(found.Count > 10, $"only {found.Count} different states");
    }

    [Fact]
    public async Task Old_history_is_forgotten_by_itself_and_the_values_stay()
    {
        await using SqliteDatastore store = new(new SqliteDatastoreOptions { Path = FileName, HistoryRevisions = 1000 });
        await store.PutAsync("/old", "kept"u8.ToArray(), cancellationToken: Bound);
        for (int i = 0; i < 60; i++)
            await Task.WhenAll(Enumerable.Range(0, 64).Select(j => Task.Run(async () => await store.PutAsync($"/a/{j}", default, cancellationToken: Bound), Bound)));
        DatastoreException error = await Assert.ThrowsAsync<DatastoreException>(async () =>
        {
            await foreach (WatchBatch _ in store.WatchAsync("/", 1, Bound)) break;
        });
        Assert.Equal(DatastoreError.Compacted, error.Error);
        Assert.Equal("kept"u8.ToArray(), (await store.GetAsync("/old", Bound))!.Value.ToArray());
        Assert.Equal(65, (await store.ListAsync("", keysOnly: true, Bound)).Items.Count);
    }

    private static byte[] Copy(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
