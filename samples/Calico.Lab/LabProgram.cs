using Calico.Datastore;
using Calico.Ipam;
using Calico.Lab.Reports;
using Calico.Netlink;
using Spectre.Console;

namespace Calico.Lab;

/// <summary>The two things the program does: a lab from beginning to end, and cleaning up after labs.</summary>
internal static class LabProgram
{
    public const int Succeeded = 0, Differs = 1, NotPossible = 2, Interrupted = 130;

    public static async Task<int> UpAsync(LabOptions options, CancellationToken cancellation)
    {
        if (options.Json)
        {
            await using Stream output = Console.OpenStandardOutput();
            return await RunAsync(options, new JsonReport(output, Console.Error), Console.Error, cancellation);
        }

        if (Console.IsOutputRedirected) return await RunAsync(options, new PlainReport(Console.Out), Console.Out, cancellation);
        TerminalReport? report = null;
        StringWriter afterwards = new();
        int code = await AnsiConsole.Progress().Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn()).StartAsync(async progress =>
        {
            report = new TerminalReport(AnsiConsole.Console, progress);
            return await RunAsync(options, report, afterwards, cancellation);
        });
        report!.WriteEnd();
        AnsiConsole.Console.Profile.Out.Writer.Write(afterwards);
        return code;
    }

    public static int Down()
    {
        IReadOnlyList<Workspace> labs = Workspace.All();
        foreach (Workspace lab in labs)
        {
            lab.CleanUp(DeleteNamespace);
            Console.WriteLine($"removed {Path.GetFileName(lab.Folder)}");
        }

        if (labs.Count == 0) Console.WriteLine("nothing to remove");
        return Succeeded;
    }

    private static async Task<int> RunAsync(LabOptions options, ILabReport report, TextWriter output, CancellationToken cancellation)
    {
        Workspace workspace = Workspace.Create(options.Id);
        bool keep = false;
        try
        {
            await using LabRun lab = new(options, workspace, report);
            keep = options.Keep;
            LabResult result = await lab.RunAsync(options.Manifests ?? DefaultManifests(), cancellation);
            if (keep) await output.WriteLineAsync(KeepHints.For(lab, workspace));
            return result.Ok ? Succeeded : Differs;
        }
        catch (OperationCanceledException)
        {
            await output.WriteLineAsync("Interrupted: everything is removed.");
            return Interrupted;
        }
        catch (LabException e)
        {
            await output.WriteLineAsync(e.Message);
            return Differs;
        }
        catch (Exception e) when (e is ResourceException or DatastoreException or IpamException)
        {
            await output.WriteLineAsync($"The datastore: {e.Message}");
            return Differs;
        }
        catch (NetlinkException e)
        {
            await output.WriteLineAsync($"The kernel refused: {e.Message}");
            return NotPossible;
        }
        finally
        {
            if (!keep) workspace.CleanUp(DeleteNamespace);
        }
    }

    private static void DeleteNamespace(string name) => NetworkNamespace.Delete(name);

    private static string DefaultManifests()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string manifests = Path.Combine(folder.FullName, "samples", "lab", "manifests");
            if (Directory.Exists(manifests)) return manifests;
        }

        throw new LabException("samples/lab/manifests is not above the program: give --manifests FOLDER.");
    }
}
