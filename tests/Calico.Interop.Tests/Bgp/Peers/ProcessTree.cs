using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Calico.Interop.Tests.Bgp;

/// <summary>A daemon with the processes it forks; its output goes to a file.</summary>
internal sealed partial class ProcessTree
{
    public const int Stop = 19, KillNow = 9;
    private readonly Process _root;

    public ProcessTree(string log, IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo("sh");
        foreach (string argument in (string[])["-c", "exec \"$@\" >> \"$0\" 2>&1 < /dev/null", log, .. command]) start.ArgumentList.Add(argument);
        _root = Process.Start(start)!;
    }

    public void Signal(int signal)
    {
        foreach (int process in All()) Send(process, signal);
    }

    public void Kill()
    {
        Signal(Stop);
        Signal(KillNow);
        _root.WaitForExit();
        _root.Dispose();
    }

    private List<int> All()
    {
        var all = new List<int> { _root.Id };
        for (int i = 0; i < all.Count; i++)
        {
            string children = $"/proc/{all[i]}/task/{all[i]}/children";
            if (!File.Exists(children)) continue;
            try
            {
                all.AddRange(File.ReadAllText(children).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(c => int.Parse(c, CultureInfo.InvariantCulture)));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return all;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Send(int process, int signal);
}
