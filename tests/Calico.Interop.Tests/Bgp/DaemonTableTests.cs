namespace Calico.Interop.Tests.Bgp;

public class DaemonTableTests
{
    [Fact]
    public void The_readme_says_which_daemon_can_do_what()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Calico.slnx"))) folder = folder.Parent;
        Assert.Contains(Daemons.Table(), File.ReadAllText(Path.Combine(folder.FullName, "tests/Calico.Interop.Tests/Bgp/README.md")), StringComparison.Ordinal);
    }
}
