using System.Text;

namespace Calico.Ipam.Testing;

/// <summary>What every store must do, as checks to call from the tests of your own store: one test for each of <see cref="Checks"/>.</summary>
public static class IpamStoreConformance
{
    private static readonly byte[] A = "a"u8.ToArray();
    private static readonly byte[] B = "b"u8.ToArray();

    /// <summary>The checks by name. Each wants a store of its own, or at least keys under <c>/conformance/</c> that nobody else uses and that are gone at the start.</summary>
    public static IReadOnlyDictionary<string, Func<IIpamStore, Task>> Checks { get; } = new Dictionary<string, Func<IIpamStore, Task>>
    {
        ["a missing key is null"] = async store => Require(await store.GetAsync("/conformance/none").ConfigureAwait(false) is null, "null"),
        ["create, read, list"] = CreateReadList,
        ["values come back byte for byte"] = Bytes,
        ["create of an existing key conflicts"] = CreateTwice,
        ["replace compares the revision"] = ReplaceCompares,
        ["delete compares the revision"] = DeleteCompares,
        ["a revision never comes back"] = RevisionsAreNew,
        ["prefixes and order are ordinal"] = Ordinal,
        ["a failed commit writes nothing"] = AllOrNothing,
        ["a commit writes all"] = WritesAll,
        ["of many creators one wins"] = OneCreatorWins,
        ["of many replacers none is lost"] = NoLostUpdate,
    };

    private static async Task CreateReadList(IIpamStore store)
    {
        CommitResult result = await Commit(store, StoreWrite.Create("/conformance/k", A)).ConfigureAwait(false);
        Require(result.Status == CommitStatus.Done && result.Revision > 0, "done with a positive revision");
        StoreEntry? entry = await store.GetAsync("/conformance/k").ConfigureAwait(false);
        Require(entry is not null && entry.Key == "/conformance/k" && entry.Revision == result.Revision && entry.Value.Span.SequenceEqual(A), "the entry as written");
        IReadOnlyList<StoreEntry> list = await store.ListAsync("/conformance/").ConfigureAwait(false);
        Require(list.Count == 1 && list[0].Revision == result.Revision && list[0].Value.Span.SequenceEqual(A), "a list of that entry");
        IReadOnlyList<StoreEntry> keys = await store.ListAsync("/conformance/", keysOnly: true).ConfigureAwait(false);
        Require(keys.Count == 1 && keys[0].Key == "/conformance/k" && keys[0].Revision == result.Revision, "its key and revision");
    }

    private static async Task Bytes(IIpamStore store)
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i), .. new byte[70_000]];
        await Commit(store, StoreWrite.Create("/conformance/bytes", all)).ConfigureAwait(false);
        await Commit(store, StoreWrite.Create("/conformance/empty", Array.Empty<byte>())).ConfigureAwait(false);
        Require((await store.GetAsync("/conformance/bytes").ConfigureAwait(false))!.Value.Span.SequenceEqual(all), "all octets");
        Require((await store.GetAsync("/conformance/empty").ConfigureAwait(false)) is { Value.Length: 0 }, "an empty value that is there");
    }

    private static async Task CreateTwice(IIpamStore store)
    {
        await Commit(store, StoreWrite.Create("/conformance/k", A)).ConfigureAwait(false);
        Require((await Commit(store, StoreWrite.Create("/conformance/k", B)).ConfigureAwait(false)).Status == CommitStatus.Conflict, "a conflict");
        Require((await store.GetAsync("/conformance/k").ConfigureAwait(false))!.Value.Span.SequenceEqual(A), "the first value");
    }

    private static async Task ReplaceCompares(IIpamStore store)
    {
        long first = (await Commit(store, StoreWrite.Create("/conformance/k", A)).ConfigureAwait(false)).Revision;
        CommitResult second = await Commit(store, StoreWrite.Replace("/conformance/k", B, first)).ConfigureAwait(false);
        Require(second.Status == CommitStatus.Done && second.Revision > first, "a newer revision");
        Require((await Commit(store, StoreWrite.Replace("/conformance/k", A, first)).ConfigureAwait(false)).Status == CommitStatus.Conflict, "a conflict at the old revision");
        Require((await Commit(store, StoreWrite.Replace("/conformance/none", A, first)).ConfigureAwait(false)).Status == CommitStatus.Conflict, "a conflict for a missing key");
        Require((await store.GetAsync("/conformance/k").ConfigureAwait(false))!.Value.Span.SequenceEqual(B), "the second value");
    }

    private static async Task DeleteCompares(IIpamStore store)
    {
        long first = (await Commit(store, StoreWrite.Create("/conformance/k", A)).ConfigureAwait(false)).Revision;
        long second = (await Commit(store, StoreWrite.Replace("/conformance/k", B, first)).ConfigureAwait(false)).Revision;
        Require((await Commit(store, StoreWrite.Delete("/conformance/k", first)).ConfigureAwait(false)).Status == CommitStatus.Conflict, "a conflict at the old revision");
        Require((await Commit(store, StoreWrite.Delete("/conformance/k", second)).ConfigureAwait(false)).Status == CommitStatus.Done, "done at the present one");
        Require(await store.GetAsync("/conformance/k").ConfigureAwait(false) is null, "nothing left");
        Require((await Commit(store, StoreWrite.Delete("/conformance/k", second)).ConfigureAwait(false)).Status == CommitStatus.Conflict, "a conflict for a missing key");
    }

    private static async Task RevisionsAreNew(IIpamStore store)
    {
        HashSet<long> seen = [];
        for (int i = 0; i < 3; i++)
        {
            long created = (await Commit(store, StoreWrite.Create("/conformance/k", A)).ConfigureAwait(false)).Revision;
            Require(seen.Add(created), "a revision that was not there before");
            await Commit(store, StoreWrite.Delete("/conformance/k", created)).ConfigureAwait(false);
        }
    }

    private static async Task Ordinal(IIpamStore store)
    {
        string[] keys = ["/conformance/B", "/conformance/a", "/conformance/a-1", "/conformance/a/1", "/conformance/a_1", "/conformance/ä", "/conformancé/x"];
        foreach (string key in keys) await Commit(store, StoreWrite.Create(key, A)).ConfigureAwait(false);
        IReadOnlyList<StoreEntry> list = await store.ListAsync("/conformance/").ConfigureAwait(false);
        Require(list.Select(entry => entry.Key).SequenceEqual(keys[..6]), "six keys in ordinal order");
        Require((await store.ListAsync("/conformance/a/").ConfigureAwait(false)).Count == 1, "one key under a/");
    }

    private static async Task AllOrNothing(IIpamStore store)
    {
        if (store.MaxWritesPerCommit < 2) return;
        await Commit(store, StoreWrite.Create("/conformance/k", A)).ConfigureAwait(false);
        CommitResult result = await Commit(store, StoreWrite.Create("/conformance/other", A), StoreWrite.Create("/conformance/k", B)).ConfigureAwait(false);
        Require(result.Status == CommitStatus.Conflict, "a conflict");
        Require(await store.GetAsync("/conformance/other").ConfigureAwait(false) is null, "nothing written");
    }

    private static async Task WritesAll(IIpamStore store)
    {
        if (store.MaxWritesPerCommit < 2) return;
        long first = (await Commit(store, StoreWrite.Create("/conformance/1", A)).ConfigureAwait(false)).Revision;
        CommitResult result = await Commit(store, StoreWrite.Delete("/conformance/1", first), StoreWrite.Create("/conformance/2", B)).ConfigureAwait(false);
        Require(result.Status == CommitStatus.Done, "done");
        Require(await store.GetAsync("/conformance/1").ConfigureAwait(false) is null && (await store.GetAsync("/conformance/2").ConfigureAwait(false))?.Revision == result.Revision, "both writes");
    }

    private static async Task OneCreatorWins(IIpamStore store)
    {
        CommitResult[] results = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => Commit(store, StoreWrite.Create("/conformance/race", Encoding.ASCII.GetBytes($"{i}")))))).ConfigureAwait(false);
        Require(results.Count(result => result.Status == CommitStatus.Done) == 1, "one winner");
    }

    private static async Task NoLostUpdate(IIpamStore store)
    {
        await Commit(store, StoreWrite.Create("/conformance/count", "0"u8.ToArray())).ConfigureAwait(false);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => CountTo(store, 25)))).ConfigureAwait(false);
        Require(Encoding.ASCII.GetString((await store.GetAsync("/conformance/count").ConfigureAwait(false))!.Value.Span) == "200", "every increment");
    }

    private static async Task CountTo(IIpamStore store, int times)
    {
        for (int done = 0; done < times;)
        {
            StoreEntry entry = (await store.GetAsync("/conformance/count").ConfigureAwait(false))!;
            byte[] next = Encoding.ASCII.GetBytes($"{int.Parse(Encoding.ASCII.GetString(entry.Value.Span), System.Globalization.CultureInfo.InvariantCulture) + 1}");
            if ((await Commit(store, StoreWrite.Replace(entry.Key, next, entry.Revision)).ConfigureAwait(false)).Status == CommitStatus.Done) done++;
        }
    }

    private static async Task<CommitResult> Commit(IIpamStore store, params StoreWrite[] writes) => await store.CommitAsync(writes).ConfigureAwait(false);

    private static void Require(bool holds, string expected)
    {
        if (!holds) throw new StoreConformanceException($"expected {expected}");
    }
}

/// <summary>A store does not do what stores must.</summary>
/// <param name="message">What was expected.</param>
public sealed class StoreConformanceException(string message) : Exception(message);
