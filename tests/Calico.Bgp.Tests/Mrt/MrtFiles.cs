using System.Diagnostics;
using System.IO.Compression;
using Calico.Tests;

namespace Calico.Bgp.Tests.Mrt;

/// <summary>The MRT files of the conformance data, unpacked.</summary>
internal static class MrtFiles
{
    public static TheoryData<string> All { get; } = Names("mrt-bgpdump", "mrt-bgpkit", "mrt-mrtparse");

    public static TheoryData<string> WithExpectedText { get; } = Names("mrt-bgpdump-expect");

    public static byte[] Read(string name)
    {
        string path = Path.Combine(Conformance.Folder("bgp"), name);
        if (path.EndsWith(".bz2", StringComparison.Ordinal)) return Bunzip(path);
        using FileStream file = File.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var memory = new MemoryStream();
        plain.CopyTo(memory);
        return memory.ToArray();
    }

    // .NET has no reader of bzip2.
    private static byte[] Bunzip(string path)
    {
        if (!File.Exists("/usr/bin/bzip2") && !File.Exists("/bin/bzip2"))
        {
            Assert.SkipUnless(Conformance.Required, "bzip2 is not installed.");
            Assert.Fail("bzip2 is not installed.");
        }

        using Process process = Process.Start(new ProcessStartInfo("bzip2", ["-dc", path]) { RedirectStandardOutput = true })!;
        using var memory = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(memory);
        process.WaitForExit();
        return memory.ToArray();
    }

    private static TheoryData<string> Names(params string[] folders)
    {
        string? root = Conformance.Root;
        if (root is null) return [""];
        IEnumerable<string> names = folders.SelectMany(f => Directory.GetFiles(Path.Combine(root, "bgp", f)).Order(StringComparer.Ordinal).Select(p => Path.Combine(f, Path.GetFileName(p))));
        return [.. names.Where(n => Path.GetExtension(n) is not (".cap" or ".md"))];
    }
}
