namespace Calico.Netlink;

/// <summary>The bind mounts that give namespaces a name, laid out so that <c>ip netns</c> and this package see each other's.</summary>
internal static class NamedNamespaces
{
    private const int OwnerReadable = 0x100 | 0x20 | 0x4; // 0444: the file is only a mount point

    public static string PathOf(string name, string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (string.IsNullOrEmpty(name) || name.Length > 255 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\0'))
            throw new ArgumentException($"'{name}' is not a namespace name: 1 to 255 characters without '/', not '.' or '..'.", nameof(name));
        return Path.Combine(directory, name);
    }

    /// <summary>Makes the directory a shared mount, so that an unmount here reaches every mount namespace that has a copy.</summary>
    public static void Prepare(string directory)
    {
        Directory.CreateDirectory(directory);
        if (Native.Mount("", directory, "none", Native.MountShared | Native.MountRecursive, 0) == 0) return;
        if (Native.LastError != Errno.Invalid) throw Native.Failure($"make {directory} a shared mount");
        // EINVAL: not a mount point yet.
        if (Native.Mount(directory, directory, "none", Native.MountBind | Native.MountRecursive, 0) < 0) throw Native.Failure($"mount {directory}");
        if (Native.Mount("", directory, "none", Native.MountShared | Native.MountRecursive, 0) < 0) throw Native.Failure($"make {directory} a shared mount");
    }

    public static void CreateMountPoint(string path)
    {
        int fd = Native.Open(path, Native.OpenReadOnly | Native.OpenCreate | Native.OpenExclusive | Native.OpenCloseOnExec, OwnerReadable);
        if (fd < 0) throw Native.Failure($"create network namespace {path}");
        _ = Native.Close(fd);
    }

    public static void MountCurrent(string path)
    {
        if (Native.Mount("/proc/thread-self/ns/net", path, "none", Native.MountBind, 0) < 0) throw Native.Failure($"mount network namespace {path}");
    }

    public static bool Remove(string path)
    {
        if (!File.Exists(path)) return false;
        // EINVAL: the file is there but nothing is mounted on it, as after a crash between the two steps.
        if (Native.Unmount(path, Native.UnmountDetach) < 0 && Native.LastError != Errno.Invalid) throw Native.Failure($"unmount {path}");
        File.Delete(path);
        return true;
    }

    public static IReadOnlyList<string> List(string directory)
    {
        if (!Directory.Exists(directory)) return [];
        string[] names = [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path))];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }
}
