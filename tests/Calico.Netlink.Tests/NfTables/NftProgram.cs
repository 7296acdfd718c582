using System.Diagnostics;

namespace Calico.Netlink.Tests.NfTables;

/// <summary>The <c>nft</c> program in a namespace of a test: the judge of what we write and the writer of what we read.</summary>
internal static class NftProgram
{
    public static string Run(NetworkNamespace network, string? script, params string[] arguments)
    {
        if (!File.Exists("/usr/sbin/nft"))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") throw new FileNotFoundException("nft is missing.");
            Assert.Skip("nft is not installed.");
        }

        ProcessStartInfo start = new("nsenter", [$"--net=/proc/{Environment.ProcessId}/fd/{network.FileDescriptor}", "/usr/sbin/nft", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        if (script is not null) process.StandardInput.Write(script);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"nft {string.Join(' ', arguments)}: {errors.Result}\n{script}");
        return output;
    }

    public static string List(NetworkNamespace network) => Run(network, null, "list", "ruleset");

    public static void Load(NetworkNamespace network, string script) => Run(network, script, "-f", "-");
}
