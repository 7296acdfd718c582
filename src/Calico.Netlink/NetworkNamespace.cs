using System.Globalization;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace Calico.Netlink;

/// <summary>An open network namespace. It lives as long as a handle, a bind mount, a process or a socket holds it.</summary>
/// <remarks>Work inside a namespace runs on a thread of its own that ends afterwards: no pool thread is ever left in a foreign namespace.</remarks>
public sealed class NetworkNamespace : IDisposable
{
    /// <summary>Where named namespaces are mounted, as <c>ip netns</c> does it.</summary>
    public const string DefaultDirectory = "/run/netns";

    private readonly SafeFileHandle _handle;

    private NetworkNamespace(SafeFileHandle handle, string description)
    {
        _handle = handle;
        Description = description;
    }

    /// <summary>What it was opened by: a name, a path or a process.</summary>
    public string Description { get; }

    /// <summary>The file descriptor, for messages that name a namespace by descriptor (IFLA_NET_NS_FD). Valid until this object is disposed.</summary>
    public int FileDescriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Creates a namespace that ends with its last handle, process or socket.</summary>
    /// <exception cref="NetlinkException">CAP_SYS_ADMIN is missing, or a limit is reached.</exception>
    public static NetworkNamespace CreateAnonymous() => OnNewThread(() =>
    {
        Unshare();
        return OpenPath("/proc/thread-self/ns/net", "anonymous");
    });

    /// <summary>Creates a namespace and mounts it under <paramref name="directory"/>, where <c>ip netns</c> finds it.</summary>
    /// <exception cref="NetlinkException">The name is taken (EEXIST), or CAP_SYS_ADMIN is missing.</exception>
    public static NetworkNamespace Create(string name, string directory = DefaultDirectory)
    {
        string path = NamedNamespaces.PathOf(name, directory);
        NamedNamespaces.Prepare(directory);
        NamedNamespaces.CreateMountPoint(path);
        try
        {
            return OnNewThread(() =>
            {
                Unshare();
                NamedNamespaces.MountCurrent(path);
                return OpenPath(path, name);
            });
        }
        catch
        {
            NamedNamespaces.Remove(path);
            throw;
        }
    }

    /// <summary>Opens a named namespace.</summary>
    /// <exception cref="NetlinkException">There is none of that name (ENOENT).</exception>
    public static NetworkNamespace Open(string name, string directory = DefaultDirectory) => OpenPath(NamedNamespaces.PathOf(name, directory), name);

    /// <summary>Opens the namespace of a process.</summary>
    /// <exception cref="NetlinkException">There is no such process, or it may not be inspected.</exception>
    public static NetworkNamespace OpenProcess(int processId) =>
        OpenPath(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/ns/net"), string.Create(CultureInfo.InvariantCulture, $"process {processId}"));

    /// <summary>Opens the namespace of the calling thread.</summary>
    public static NetworkNamespace OpenCurrent() => OpenPath("/proc/thread-self/ns/net", "current");

    /// <summary>Opens a namespace by the path of its file, such as a bind mount.</summary>
    public static NetworkNamespace OpenPath(string path) => OpenPath(path, path);

    /// <summary>Wraps an open descriptor of a namespace; it is closed with the returned object.</summary>
    public static NetworkNamespace FromHandle(SafeFileHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new NetworkNamespace(handle, string.Create(CultureInfo.InvariantCulture, $"descriptor {handle.DangerousGetHandle()}"));
    }

    /// <summary>The names under <paramref name="directory"/>, sorted; none when it does not exist.</summary>
    public static IReadOnlyList<string> List(string directory = DefaultDirectory) => NamedNamespaces.List(directory);

    /// <summary>Unmounts and removes a name. The namespace itself ends when nothing else holds it.</summary>
    /// <returns>False when there was none of that name.</returns>
    public static bool Delete(string name, string directory = DefaultDirectory) => NamedNamespaces.Remove(NamedNamespaces.PathOf(name, directory));

    /// <summary>Runs <paramref name="action"/> inside the namespace on a thread of its own and waits for it.</summary>
    /// <exception cref="NetlinkException">The namespace may not be entered. Exceptions of the delegate come through as they are.</exception>
    public T Run<T>(Func<T> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return OnNewThread(() =>
        {
            Enter();
            return action();
        });
    }

    /// <summary>Runs <paramref name="action"/> inside the namespace on a thread of its own and waits for it.</summary>
    public void Run(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        Run(() =>
        {
            action();
            return true;
        });
    }

    /// <summary>Closes the handle. The namespace goes on while something else holds it.</summary>
    public void Dispose() => _handle.Dispose();

    /// <inheritdoc/>
    public override string ToString() => Description;

    private static NetworkNamespace OpenPath(string path, string description)
    {
        int fd = Native.Open(path, Native.OpenReadOnly | Native.OpenCloseOnExec, 0);
        return fd >= 0
            ? new NetworkNamespace(new SafeFileHandle(fd, ownsHandle: true), description)
            : throw Native.Failure($"open network namespace {path}");
    }

    private static void Unshare()
    {
        if (Native.Unshare(Native.CloneNewNetwork) < 0) throw Native.Failure("unshare(CLONE_NEWNET)");
    }

    private void Enter()
    {
        bool held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
            if (Native.SetNamespace(FileDescriptor, Native.CloneNewNetwork) < 0) throw Native.Failure($"setns to network namespace {Description}");
        }
        finally
        {
            if (held) _handle.DangerousRelease();
        }
    }

    private static T OnNewThread<T>(Func<T> action)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                result = action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }, maxStackSize: 256 * 1024)
        { IsBackground = true, Name = "network namespace" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }
}
