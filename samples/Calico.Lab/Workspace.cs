using System.Globalization;
using System.Runtime.InteropServices;

namespace Calico.Lab;

/// <summary>The lab's folder, and in it the list of what has to go when the lab goes: kept on disk, so that <c>down</c> can clean up after a lab that was killed.</summary>
internal sealed partial class Workspace
{
    private const string Prefix = "calico-lab-";
    private const string ListName = "leftovers";
    private readonly Lock _lock = new();

    private Workspace(string folder) => Folder = folder;

    public string Folder { get; }

    public string FileOf(string name) => Path.Combine(Folder, name);

    public static Workspace Create(string id)
    {
        string folder = Path.Combine(Path.GetTempPath(), Prefix + id);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new Workspace(folder);
    }

    /// <summary>Labs of this user whose folder is still there.</summary>
    public static IReadOnlyList<Workspace> All() =>
        [.. Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*").Where(f => File.Exists(Path.Combine(f, ListName))).Select(f => new Workspace(f))];

    public void Remember(int processId) => Append($"process {processId} {StartTime(processId)}");

    public void RememberNamespace(string name) => Append($"namespace {name}");

    /// <summary>Ends every remembered process that is still the same one, and gives the remembered namespaces to <paramref name="deleteNamespace"/>.</summary>
    public void CleanUp(Action<string> deleteNamespace)
    {
        string list = FileOf(ListName);
        foreach (string line in File.Exists(list) ? File.ReadAllLines(list).Reverse() : [])
        {
            string[] words = line.Split(' ');
            if (words is ["process", var id, var start] && int.TryParse(id, CultureInfo.InvariantCulture, out int process) && StartTime(process) == start)
                End(process);
            else if (words is ["namespace", var name])
                deleteNamespace(name);
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>SIGTERM, two seconds of grace, SIGKILL.</summary>
    private static void End(int process)
    {
        string? start = StartTime(process);
        _ = kill(process, 15);
        for (int i = 0; i < 100 && IsRunning(process, start); i++) Thread.Sleep(20);
        if (IsRunning(process, start)) _ = kill(process, 9);
    }

    public static void Kill(int process) => _ = kill(process, 9);

    private static bool IsRunning(int process, string? start) => start is not null && StartTime(process) == start && !IsZombie(process);

    private void Append(string line)
    {
        lock (_lock) File.AppendAllText(FileOf(ListName), line + "\n");
    }

    // Field 22 of proc_pid_stat(5): a process id may be another process by now, its start time tells.
    private static string? StartTime(int process) => StatFields(process) is { Length: > 19 } fields ? fields[19] : null;

    private static bool IsZombie(int process) => StatFields(process) is ["Z", ..];

    private static string[] StatFields(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int kill(int pid, int signal);
}
