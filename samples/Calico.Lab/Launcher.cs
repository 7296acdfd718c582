using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Calico.Lab;

/// <summary>
/// Gives the lab the rights it needs: root has them; an ordinary user gets them inside a user namespace of his own,
/// with network and mount namespaces that vanish with it.
/// </summary>
internal static partial class Launcher
{
    private const string InsideVariable = "CALICO_LAB_INSIDE";
    public const int NotPossible = 2;

    public static bool IsInsideUserNamespace => Environment.GetEnvironmentVariable(InsideVariable) is not null;

    /// <summary>Null when this process may go on; otherwise the exit code of the lab that ran inside, or of the refusal.</summary>
    public static async Task<int?> EnterAsync(string[] arguments, TextWriter errors)
    {
        if (!OperatingSystem.IsLinux())
        {
            await errors.WriteLineAsync("The lab needs Linux: it works with the kernel's own network namespaces.");
            return NotPossible;
        }

        if (IsInsideUserNamespace || HasNetworkAdmin()) return null;

        const string Script = "mount -t tmpfs tmpfs /run && mkdir /run/netns && exec \"$@\"";
        ProcessStartInfo start = new("unshare")
        {
            ArgumentList = { "--user", "--map-root-user", "--net", "--mount", "--", "sh", "-c", Script, "sh", Environment.ProcessPath! },
            UseShellExecute = false,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(Launcher).Assembly.Location);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment[InsideVariable] = "1";

        if (!await UserNamespacesWorkAsync())
        {
            await errors.WriteLineAsync(
                "The lab needs root, or a kernel and a system that let you make user namespaces (try: unshare --user --map-root-user --net true).");
            return NotPossible;
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using Process inside = Process.Start(start)!;
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _ = kill(inside.Id, 15);
        });
        await inside.WaitForExitAsync();
        return inside.ExitCode;
    }

    private static async Task<bool> UserNamespacesWorkAsync()
    {
        try
        {
            ProcessStartInfo trial = new("unshare")
            {
                ArgumentList = { "--user", "--map-root-user", "--net", "--mount", "--", "sh", "-c", "mount -t tmpfs tmpfs /run" },
                RedirectStandardError = true,
            };
            using Process process = Process.Start(trial)!;
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    // CAP_NET_ADMIN (12) and CAP_SYS_ADMIN (21), capabilities(7).
    private static bool HasNetworkAdmin()
    {
        const ulong Needed = 1UL << 12 | 1UL << 21;
        string? line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line.AsSpan(7).Trim(), System.Globalization.NumberStyles.HexNumber, null, out ulong effective) && (effective & Needed) == Needed;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int kill(int pid, int signal);
}
