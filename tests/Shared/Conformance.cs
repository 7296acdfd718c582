namespace Calico.Tests;

/// <summary>Finds the conformance data: CALICO_CONFORMANCE, else ../shared/conformance beside the project's root.</summary>
internal static class Conformance
{
    public static string? Root { get; } = Find();

    public static bool Required => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>The folder, or a skip with one clear line on a machine that has none; on CI its absence is a failure.</summary>
    public static string Folder(string relative)
    {
        if (Root is not null) return Path.Combine(Root, relative);
        if (Required) throw new DirectoryNotFoundException("The conformance data is missing: set CALICO_CONFORMANCE or put it at ../shared/conformance.");
        Assert.Skip("No conformance data on this machine (CALICO_CONFORMANCE or ../shared/conformance).");
        return "";
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("CALICO_CONFORMANCE") is { Length: > 0 } named) return named;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Calico.slnx"))) continue;
            string beside = Path.Combine(folder.FullName, "..", "shared", "conformance");
            return Directory.Exists(beside) ? Path.GetFullPath(beside) : null;
        }

        return null;
    }
}
