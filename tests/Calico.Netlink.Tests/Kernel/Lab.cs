namespace Calico.Netlink.Tests;

/// <summary>Kernel tests run in namespaces of their own; without the privilege they skip, on CI they fail.</summary>
internal static class Lab
{
    private static int _count;

    public static NetworkNamespace NewNamespace()
    {
        try
        {
            return NetworkNamespace.CreateAnonymous();
        }
        catch (NetlinkException e) when (e.Errno == Errno.NotPermitted)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") throw;
            Assert.Skip("No right to create a network namespace (CAP_SYS_ADMIN).");
            throw;
        }
    }

    public static string UniqueName() => $"netlink-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";

    public static NetlinkConnectionOptions In(NetworkNamespace network) => new() { Namespace = network };
}
