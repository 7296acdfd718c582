namespace Calico.Packaging.Tests;

/// <summary>The command line as a stranger gets it: installed from the package alone, then run.</summary>
public sealed class ToolTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("calico-tool-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_tool_installs_from_its_package_and_judges_policy()
    {
        string package = PackageTests.File("Calico.Cli");
        await WriteAsync("nuget.config", $"""
            <configuration>
              <packageSources><clear /><add key="local" value="{Path.GetDirectoryName(package)}" /></packageSources>
              <packageSourceMapping><clear /></packageSourceMapping>
            </configuration>
            """);
        string version = Path.GetFileNameWithoutExtension(package)["Calico.Cli.".Length..];
        (int code, string output) = await RunAsync("dotnet", "tool", "install", "Calico.Cli", "--version", version, "--tool-path", In("tools"), "--configfile", In("nuget.config"));
        Assert.True(code == 0, output);

        await WriteAsync("shop.yaml", """
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: shop}
            spec: {containers: [{name: c}]}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: closed, namespace: shop}
            spec: {podSelector: {}}
            """);
        (code, output) = await RunAsync(In("tools/calico"), "policy", "explain", "--from", "203.0.113.1", "--to", "shop/web", "--port", "80/TCP", In("shop.yaml"));
        Assert.True(code == 1, output);
        Assert.Contains("80/TCP: denied", output, StringComparison.Ordinal);
        (code, output) = await RunAsync(In("tools/calico"), "policy", "check", In("shop.yaml"));
        Assert.True(code == 0, output);
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(In(name), text, TestContext.Current.CancellationToken);

    private async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        Dictionary<string, string> environment = new()
        {
            ["NUGET_PACKAGES"] = In("packages"),
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
        };
        (int code, string output, string errors) = await Programs.RunAsync(Patience, _folder.FullName, environment, program, arguments);
        return (code, output + errors);
    }
}
