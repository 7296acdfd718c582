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
        if (Path.GetFileName(path).Length == 0) Assert.Fail("There are no MRT files.");
        using FileStream file = File.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var memory = new MemoryStream();
        plain.CopyTo(memory);
        return memory.ToArray();
    }

    // bzip2 has no reader in .NET, and the capture is no MRT file.
    private static TheoryData<string> Names(params string[] folders)
    {
        string? root = Conformance.Root;
        if (root is null) return [""];
        IEnumerable<string> names = folders.SelectMany(f => Directory.GetFiles(Path.Combine(root, "bgp", f)).Order(StringComparer.Ordinal).Select(p => Path.Combine(f, Path.GetFileName(p))));
        return [.. names.Where(n => Path.GetExtension(n) is not (".bz2" or ".cap" or ".md"))];
    }
}
