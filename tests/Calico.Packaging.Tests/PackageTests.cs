using System.IO.Compression;
using System.Xml.Linq;

namespace Calico.Packaging.Tests;

/// <summary>Opens every package that <c>dotnet pack</c> made and holds it against the rules of the house.</summary>
public sealed class PackageTests
{
    private static readonly string[] Independent = ["Calico.Policy", "Calico.Bgp", "Calico.Netlink", "Calico.Ipam"];

    private static readonly string[] AllowedForIndependent =
    [
        "CommunityToolkit.HighPerformance", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
        "Microsoft.Extensions.DependencyInjection.Abstractions",
    ];

    private static string Folder => Path.Combine(SourceTree.Root, "artifacts", "package", "release");

    public static TheoryData<string> Libraries() =>
        [.. Directory.GetDirectories(Path.Combine(SourceTree.Root, "src"), "Calico.*").Select(d => Path.GetFileName(d)!).Order()];

    [Theory, MemberData(nameof(Libraries))]
    public void A_package_brings_its_readme_documentation_licence_and_symbols(string id)
    {
        using ZipArchive package = Open(id);
        Assert.NotNull(package.GetEntry("README.md"));
        Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.dll"));
        Assert.NotNull(package.GetEntry($"lib/net10.0/{id}.xml"));
        XElement metadata = Metadata(package);
        Assert.Equal("Apache-2.0", Value(metadata, "license"));
        Assert.False(string.IsNullOrWhiteSpace(Value(metadata, "description")));
        Assert.False(string.IsNullOrWhiteSpace(Value(metadata, "tags")));
        Assert.NotEmpty(Directory.GetFiles(Folder, $"{id}.*.snupkg"));
        using StreamReader readme = new(package.GetEntry("README.md")!.Open());
        string text = readme.ReadToEnd();
        Assert.Contains($"dotnet add package {id}", text, StringComparison.Ordinal);
        Assert.Contains("```csharp", text, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Libraries))]
    public void The_four_packages_know_neither_each_other_nor_the_world(string id)
    {
        using ZipArchive package = Open(id);
        string[] dependencies = [.. Metadata(package).Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value)];
        if (!Independent.Contains(id)) return;
        string[] allowed = id == "Calico.Policy" ? [.. AllowedForIndependent, "YamlDotNet"] : AllowedForIndependent;
        Assert.Empty(dependencies.Except(allowed));
    }

    [Theory, MemberData(nameof(Libraries))]
    public void Framework_dependencies_ask_for_no_more_than_the_major_version(string id)
    {
        using ZipArchive package = Open(id);
        foreach (XElement dependency in Metadata(package).Descendants().Where(e => e.Name.LocalName == "dependency"))
        {
            if (dependency.Attribute("id")!.Value.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal))
                Assert.Equal("10.0.0", dependency.Attribute("version")!.Value);
        }
    }

    /// <summary>The package's file; skips where none was made, fails on CI.</summary>
    internal static string File(string id)
    {
        if (!Directory.Exists(Folder) || Directory.GetFiles(Folder).Length == 0)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") throw new DirectoryNotFoundException($"No packages at {Folder}: run eng/test.sh.");
            Assert.Skip("No packages were made: eng/test.sh packs before it tests.");
        }

        return Directory.GetFiles(Folder, $"{id}.*.nupkg").Single(f => char.IsAsciiDigit(Path.GetFileName(f)[id.Length + 1]));
    }

    private static ZipArchive Open(string id) => ZipFile.OpenRead(File(id));

    private static XElement Metadata(ZipArchive package)
    {
        using Stream nuspec = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
    }

    private static string? Value(XElement metadata, string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;
}
