using System.Text.Json.Nodes;
using Calico.Cli.Resources;

namespace Calico.Cli.Datastores;

/// <summary>calicoctl's configuration file (kind CalicoAPIConfig). As with calicoctl: where there is one, it counts and the environment does not.</summary>
internal static class ConfigFile
{
    public const string DefaultPath = "/etc/calico/calicoctl.cfg";

    private static readonly Dictionary<string, string> Variables = new(StringComparer.Ordinal)
    {
        ["datastoreType"] = "DATASTORE_TYPE",
        ["sqlitePath"] = "SQLITE_PATH",
        ["etcdEndpoints"] = "ETCD_ENDPOINTS",
        ["etcdDiscoverySrv"] = "ETCD_DISCOVERY_SRV",
        ["etcdUsername"] = "ETCD_USERNAME",
        ["etcdPassword"] = "ETCD_PASSWORD",
        ["etcdKeyFile"] = "ETCD_KEY_FILE",
        ["etcdCertFile"] = "ETCD_CERT_FILE",
        ["etcdCACertFile"] = "ETCD_CA_CERT_FILE",
        ["etcdKey"] = "ETCD_KEY",
        ["etcdCert"] = "ETCD_CERT",
        ["etcdCACert"] = "ETCD_CA_CERT",
    };

    /// <summary>What stands for the environment.</summary>
    /// <param name="path">The file that was named; null = the usual one, if it is there.</param>
    /// <exception cref="CommandException">The named file is not there, or is no configuration.</exception>
    public static Func<string, string?> Environment(string? path)
    {
        if (path is null && !File.Exists(DefaultPath)) return System.Environment.GetEnvironmentVariable;
        path ??= DefaultPath;
        if (!File.Exists(path)) throw new CommandException($"There is no configuration file {path}.");
        return Read(File.ReadAllText(path), path).GetValueOrDefault;
    }

    internal static Dictionary<string, string> Read(string text, string path)
    {
        JsonNode config = YamlInput.Parse(text, path);
        if (config["kind"]?.ToString() != "CalicoAPIConfig") throw new CommandException($"{path}: kind is '{config["kind"]}', a configuration file is of kind CalicoAPIConfig.");
        if (config["apiVersion"]?.ToString() != "projectcalico.org/v3") throw new CommandException($"{path}: apiVersion is '{config["apiVersion"]}', it must be projectcalico.org/v3.");
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach ((string field, JsonNode? value) in config["spec"] as JsonObject ?? [])
        {
            if (Variables.TryGetValue(field, out string? variable)) values[variable] = value?.ToString() ?? "";
            else if (!field.StartsWith("k8s", StringComparison.Ordinal) && field is not ("kubeconfig" or "kubeconfigInline" or "usePodCIDR" or "calicoAPIGroup"))
                throw new CommandException($"{path}: unknown field spec.{field}; there are {string.Join(", ", Variables.Keys)}.");
        }

        return values;
    }
}
