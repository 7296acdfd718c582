using System.Runtime.CompilerServices;

namespace Calico.Datastore;

/// <summary>
/// A folder of YAML and JSON manifests as a source of objects. A broken manifest is reported with file, line, object, field and reason, and its objects stay
/// as they were when they were last valid; everything else goes on.
/// </summary>
/// <param name="path">The folder; its subfolders count too. Files whose names begin with a dot do not.</param>
/// <param name="rules">What is checked; null = <see cref="ResourceRules.Standard"/>.</param>
/// <param name="timeProvider">The clock of the watching; null = the system's.</param>
/// <remarks>Not for use by several threads at once.</remarks>
public sealed class ManifestFolder(string path, IReadOnlyList<IResourceRule>? rules = null, TimeProvider? timeProvider = null)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;
    private readonly Dictionary<string, Known> _files = new(StringComparer.Ordinal);

    /// <summary>Reads what has changed since the last reading and says what all of it means now.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public ManifestSnapshot Read()
    {
        string[] present = [.. Files().Order(StringComparer.Ordinal)];
        foreach (string gone in _files.Keys.Except(present, StringComparer.Ordinal).ToList()) _files.Remove(gone);
        foreach (string file in present) _files[file] = ReadFile(file, _files.GetValueOrDefault(file));
        return Join(present);
    }

    /// <summary>The content now and after every change, until cancelled.</summary>
    /// <remarks>Changes are noticed at once where the system tells them, else within two seconds.</remarks>
    public async IAsyncEnumerable<ManifestSnapshot> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using SemaphoreSlim touched = new(0);
        using FileSystemWatcher? watcher = TryWatch(touched);
        ManifestSnapshot last = Read();
        yield return last;
        while (true)
        {
            bool told = await WaitAsync(touched, cancellationToken).ConfigureAwait(false);
            if (told) await Task.Delay(Settle, _time, cancellationToken).ConfigureAwait(false);
            while (touched.Wait(0, CancellationToken.None))
            {
            }

            ManifestSnapshot next = Read();
            if (IsSame(last, next)) continue;
            last = next;
            yield return next;
        }
    }

    private IEnumerable<string> Files() => Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
        .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase) && !Path.GetFileName(file).StartsWith('.'));

    private Known ReadFile(string file, Known? before)
    {
        try
        {
            string text = File.ReadAllText(file);
            if (before is not null && before.Text == text) return before;
            ManifestText read = ManifestText.Read(text, Path.GetRelativePath(path, file), rules ?? ResourceRules.Standard, "default");
            return new(text, [.. read.Objects, .. Kept(before, read)], read.Problems);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            ManifestProblem problem = new(Path.GetRelativePath(path, file), 0, "", "", $"cannot be read: {error.Message}");
            return new(null, before?.Objects ?? [], [problem]);
        }
    }

    /// <summary>What was valid before and is broken now; where a document does not tell what it is, whatever is missing now.</summary>
    private static IEnumerable<ManifestObject> Kept(Known? before, ManifestText now)
    {
        if (before is null) return [];
        HashSet<ResourceKey> valid = [.. now.Objects.Select(o => o.Resource.Key)];
        return before.Objects.Where(o => !valid.Contains(o.Resource.Key) && (now.HasUnknown || now.Broken.Contains(o.Resource.Key)));
    }

    private ManifestSnapshot Join(string[] files)
    {
        Dictionary<ResourceKey, ManifestObject> objects = [];
        List<ManifestProblem> problems = [];
        foreach (string file in files)
        {
            problems.AddRange(_files[file].Problems);
            foreach (ManifestObject found in _files[file].Objects)
            {
                if (objects.TryAdd(found.Resource.Key, found)) continue;
                ManifestObject first = objects[found.Resource.Key];
                problems.Add(new(found.File, found.Line, found.Resource.Key.ToString(), "", $"stands in {first.File}:{first.Line} already; that one counts"));
            }
        }

        return new([.. objects.Values], problems);
    }

    private static bool IsSame(ManifestSnapshot left, ManifestSnapshot right) =>
        left.Problems.SequenceEqual(right.Problems) &&
        left.Objects.Count == right.Objects.Count &&
        left.Objects.Zip(right.Objects).All(pair => ReferenceEquals(pair.First, pair.Second));

    private FileSystemWatcher? TryWatch(SemaphoreSlim touched)
    {
        try
        {
            FileSystemWatcher watcher = new(path) { IncludeSubdirectories = true };
            void Touch() => touched.Release();
            watcher.Changed += (_, _) => Touch();
            watcher.Created += (_, _) => Touch();
            watcher.Deleted += (_, _) => Touch();
            watcher.Renamed += (_, _) => Touch();
            watcher.Error += (_, _) => Touch();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (IOException)
        {
            // No watch is left on this machine: looking now and then has to do.
            return null;
        }
    }

    private async Task<bool> WaitAsync(SemaphoreSlim touched, CancellationToken cancellationToken)
    {
        using CancellationTokenSource anyway = new(LookAnyway, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(anyway.Token, cancellationToken);
        try
        {
            await touched.WaitAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private sealed record Known(string? Text, IReadOnlyList<ManifestObject> Objects, IReadOnlyList<ManifestProblem> Problems);
}
