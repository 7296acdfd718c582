using System.Runtime.InteropServices;

namespace Calico.Packaging.Tests;

/// <summary>A program on all packages compiles to native code without a warning (the build takes warnings for errors), whole assemblies kept, and does what it does under the runtime.</summary>
public sealed class NativeAotTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly string[] Packages =
        ["Calico.Policy", "Calico.Bgp", "Calico.Netlink", "Calico.Ipam", "Calico.Dataplane", "Calico.Datastore", "Calico.Datastore.Etcd"];

    [Fact]
    public async Task Every_package_works_in_a_native_program()
    {
        bool isContinuousIntegration = Environment.GetEnvironmentVariable("CI") == "true";
        if (!isContinuousIntegration && Find("gcc") is null && Find("clang") is null) Assert.Skip("The linker of gcc or clang is missing.");

        DirectoryInfo scratch = Directory.CreateTempSubdirectory("calico-aot-");
        try
        {
            string runtime = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
            await RunAsync(isOptional: false, "dotnet", "publish", "tests/Calico.Aot.App", "-c", "Release", "-r", runtime, "-v", "q", "-nodeReuse:false", "-o", scratch.FullName);

            string[] isolated = Environment.UserName == "root" ? ["--net"] : ["--map-root-user", "--net"];
            string? output = await RunAsync(
                isOptional: !isContinuousIntegration && Environment.UserName != "root",
                "unshare", [.. isolated, Path.Combine(scratch.FullName, "Calico.Aot.App"), "samples/lab/manifests", scratch.FullName]);
            if (output is null) Assert.Skip("Network namespaces cannot be made here.");
            foreach (string package in Packages) Assert.Contains($"{package}: works", output, StringComparison.Ordinal);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static string? Find(string program) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(':').Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static async Task<string?> RunAsync(bool isOptional, string program, params string[] arguments)
    {
        (int code, string output, string errors) = await Programs.RunAsync(Patience, SourceTree.Root, new Dictionary<string, string>(), program, arguments);
        if (code != 0 && isOptional && errors.Contains("unshare", StringComparison.Ordinal)) return null;
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}\n{output}\n{errors}");
        return output;
    }
}
