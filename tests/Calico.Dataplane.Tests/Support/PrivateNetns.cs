using System.Diagnostics;
using Calico.Netlink;
using Calico.Tests;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A network namespace of a test's own, gone with it. Skips where namespaces cannot be made; on CI that is a failure.</summary>
internal sealed class PrivateNetns : IDisposable
{
    private static int s_count;

    private PrivateNetns(string name, NetworkNamespace handle) => (Name, Handle) = (name, handle);

    public string Name { get; }

    public NetworkNamespace Handle { get; }

    public static PrivateNetns Create(string role)
    {
        string name = $"dataplane-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}-{role}";
        try
        {
            NetworkNamespace handle = NetworkNamespace.Create(name);
            PrivateNetns ns = new(name, handle);
            ns.Run("ip", "link set lo up");
            return ns;
        }
        catch (NetlinkException e) when (!Conformance.Required)
        {
            Assert.Skip($"No network namespaces here: {e.Message}");
            throw;
        }
    }

    /// <summary>Runs a program inside and gives its output; fails the test when it fails.</summary>
    public string Run(string program, string arguments, string? input = null, bool mayFail = false)
    {
        ProcessStartInfo start = new("ip", $"netns exec {Name} timeout 20 {program} {arguments}")
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = input is not null,
        };
        using Process process = Process.Start(start)!;
        if (input is not null)
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }

        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 && !mayFail) Assert.Fail($"{program} {arguments} in {Name}: {errors.Result}");
        return output;
    }

    public void Dispose()
    {
        Handle.Dispose();
        NetworkNamespace.Delete(Name);
    }
}
