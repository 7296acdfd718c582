using System.ComponentModel;
using System.Diagnostics;

namespace Calico.Netlink.Tests;

/// <summary>Runs other people's tools inside a namespace, as independent witnesses.</summary>
internal static class Tools
{
    public static string Run(NetworkNamespace network, string program, string arguments, string input = "")
    {
        (int code, string output, string error) = network.Run(() => RunHere(program, arguments, input));
        Assert.True(code == 0, $"{program} {arguments}: {error}");
        return output;
    }

    private static (int Code, string Output, string Error) RunHere(string program, string arguments, string input)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.GetAwaiter().GetResult());
        }
        catch (Win32Exception) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip($"{program} is not installed.");
            throw;
        }
    }
}
