using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Calico.Packaging.Tests;

/// <summary>A program on all packages compiles to native code without a warning (the build takes warnings for errors), whole assemblies kept, and does what it does under the runtime.</summary>
public sealed class NativeAotTests
{
    private static readonly string[] Packages =
        ["Calico.Policy", "Calico.Bgp", "Calico.Netlink", "Calico.Ipam", "Calico.Dataplane", "Calico.Datastore", "Calico.Datastore.Etcd"];

    [Fact]
    public void Every_package_works_in_a_native_program()
    {
        bool isContinuousIntegration = Environment.GetEnvironmentVariable("CI") == "true";
        if (!isContinuousIntegration && Find("gcc") is null && Find("clang") is null) Assert.Skip("The linker of gcc or clang is missing.");

        DirectoryInfo scratch = Directory.CreateTempSubdirectory("calico-aot-");
        try
        {
            string runtime = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
            Run(isOptional: false, "dotnet", "publish", "tests/Calico.Aot.App", "-c", "Release", "-r", runtime, "-v", "q", "-nodeReuse:false", "-o", scratch.FullName);

            string[] isolated = Environment.UserName == "root" ? ["--net"] : ["--map-root-user", "--net"];
            string? output = Run(
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

    private static string? Run(bool isOptional, string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = SourceTree.Root, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(10)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end.");
        }

        if (process.ExitCode != 0 && isOptional && errors.Result.Contains("unshare", StringComparison.Ordinal)) return null;
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}\n{output.Result}\n{errors.Result}");
        return output.Result;
    }
}
