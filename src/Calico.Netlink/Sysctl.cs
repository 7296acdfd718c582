using System.Globalization;
using System.Text;

namespace Calico.Netlink;

/// <summary>Kernel parameters under <c>net.</c> of one network namespace, read and written through /proc/sys.</summary>
/// <remarks>Names are written as sysctl(8) takes them: <c>net.ipv4.conf.eth0.forwarding</c>, or with slashes where an interface name holds a dot: <c>net/ipv4/conf/eth0.100/forwarding</c>.</remarks>
public sealed class Sysctl
{
    private const string Root = "/proc/sys/";

    private readonly NetworkNamespace? _network;

    /// <summary>The parameters of a namespace; null for the one of the calling thread.</summary>
    public Sysctl(NetworkNamespace? network = null) => _network = network;

    /// <summary>Reads a value without the closing newline.</summary>
    /// <exception cref="NetlinkException">There is no such parameter (ENOENT), or it may not be read.</exception>
    public string Read(string name)
    {
        string path = PathOf(name);
        return Inside(() => Guarded(name, () => File.ReadAllText(path).TrimEnd('\n')));
    }

    /// <summary>Reads a value that is one integer.</summary>
    /// <exception cref="NetlinkException">There is no such parameter, or it is no integer (EINVAL).</exception>
    public long ReadInteger(string name)
    {
        string text = Read(name);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new NetlinkException($"sysctl {name}", new NetlinkError(Errno.Invalid, $"'{text}' is not an integer"));
    }

    /// <summary>Writes a value.</summary>
    /// <exception cref="NetlinkException">There is no such parameter (ENOENT), it is read-only here, or the kernel refuses the value (EINVAL).</exception>
    public void Write(string name, string value) => Write((name, value));

    /// <summary>Writes values in the given order, entering the namespace once; stops at the first that is refused.</summary>
    /// <exception cref="NetlinkException">As for one value; those before it are written.</exception>
    public void Write(params (string Name, string Value)[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        string[] paths = [.. values.Select(v => PathOf(v.Name))];
        Inside(() =>
        {
            for (int i = 0; i < paths.Length; i++)
            {
                (string path, string value) = (paths[i], values[i].Value);
                Guarded(values[i].Name, () =>
                {
                    WriteValue(path, value);
                    return true;
                });
            }

            return true;
        });
    }

    private T Inside<T>(Func<T> action) => _network is null ? action() : _network.Run(action);

    // One write call: the kernel parses each write on its own.
    private static void WriteValue(string path, string value)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(Encoding.UTF8.GetBytes(value + "\n"));
    }

    private static T Guarded<T>(string name, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NetlinkException($"sysctl {name}", new NetlinkError(Errno.NoEntry));
        }
        catch (UnauthorizedAccessException)
        {
            throw new NetlinkException($"sysctl {name}", new NetlinkError(Errno.AccessDenied));
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            throw new NetlinkException($"sysctl {name}", new NetlinkError(Errno.Invalid, e.Message));
        }
    }

    /// <summary>The first separator decides which of '.' and '/' separates, as in sysctl(8).</summary>
    internal static string PathOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        int first = name.AsSpan().IndexOfAny('.', '/');
        bool dotted = first >= 0 && name[first] == '.';
        string path = dotted ? string.Create(name.Length, name, Swap) : name;
        string[] parts = path.Split('/');
        if (parts[0] != "net" || parts.Length < 2 || parts.Any(p => p is "" or "." or "..") || path.Contains('\0'))
            throw new ArgumentException($"'{name}' is not a kernel parameter under net.", nameof(name));
        return Root + path;

        static void Swap(Span<char> target, string source)
        {
            for (int i = 0; i < source.Length; i++)
                target[i] = source[i] switch { '.' => '/', '/' => '.', char c => c };
        }
    }
}
