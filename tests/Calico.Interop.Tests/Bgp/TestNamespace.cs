using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Calico.Interop.Tests.Bgp;

/// <summary>
/// Two network namespaces joined by a veth pair e0: theirs is 10.77.0.2, fd77::2 and fe80::2; ours 10.77.0.1, fd77::1 and fe80::1, and 10.77.0.3 and .4
/// for further speakers.
/// </summary>
internal sealed partial class TestNamespaces : IDisposable
{
    private static int s_count;
    private readonly string _name = $"bgp{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";

    public TestNamespaces()
    {
        Ours = _name + "a";
        Theirs = _name + "b";
        Run("ip", "netns", "add", Ours);
        Run("ip", "netns", "add", Theirs);
        Run("ip", "-n", Ours, "link", "add", "e0", "type", "veth", "peer", "name", "e0", "netns", Theirs);
        foreach ((string name, int host) in new[] { (Ours, 1), (Theirs, 2) })
        {
            Run("ip", "-n", name, "link", "set", "lo", "up");
            Run("ip", "-n", name, "link", "set", "e0", "addrgenmode", "none");
            Run("ip", "-n", name, "addr", "add", $"10.77.0.{host}/24", "dev", "e0");
            Run("ip", "-n", name, "addr", "add", $"fd77::{host}/64", "dev", "e0", "nodad");
            Run("ip", "-n", name, "addr", "add", $"fe80::{host}/64", "dev", "e0", "nodad");
            Run("ip", "-n", name, "link", "set", "e0", "up");
        }

        Run("ip", "-n", Ours, "addr", "add", "10.77.0.3/24", "dev", "e0");
        Run("ip", "-n", Ours, "addr", "add", "10.77.0.4/24", "dev", "e0");
    }

    public string Ours { get; }

    public string Theirs { get; }

    /// <summary>Makes a TCP socket inside our namespace; only the socket, not the caller, lives there.</summary>
    public Socket CreateSocket(AddressFamily family) => Inside(() => new Socket(family, SocketType.Stream, ProtocolType.Tcp));

    /// <summary>Does something quick on a thread inside our namespace.</summary>
    public T Inside<T>(Func<T> act)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle($"/run/netns/{Ours}");
                if (SetNamespace((int)file.DangerousGetHandle(), 0x40000000) != 0) throw new InvalidOperationException($"setns: errno {Marshal.GetLastPInvokeError()}");
                result = act();
            }
            catch (Exception error)
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException("Not done in the namespace.", failure);
    }

    public void Dispose()
    {
        Run("ip", "netns", "del", Ours);
        Run("ip", "netns", "del", Theirs);
    }

    public static string Run(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {output}");
    }

    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int type);
}

internal static class Needs
{
    /// <summary>Skips without root or the program; on CI that is a failure.</summary>
    public static void RootAnd(string program)
    {
        string? missing = Environment.UserName != "root" ? "root" : !Exists(program) ? program : !Exists("ip") ? "ip" : null;
        if (missing is null) return;
        if (Environment.GetEnvironmentVariable("CI") == "true") throw new InvalidOperationException($"This test needs {missing}.");
        Assert.Skip($"Needs {missing}.");
    }

    public static bool Exists(string program) =>
        new[] { "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/frr", "/usr/local/bin" }.Any(folder => File.Exists(Path.Combine(folder, program)));

    public static async Task Eventually(Func<Task<bool>> condition, string what, int seconds = 20)
    {
        for (int i = 0; i < seconds * 20; i++)
        {
            if (await condition()) return;
            await Task.Delay(50);
        }

        Assert.Fail($"Did not happen within {seconds} s: {what}");
    }
}
