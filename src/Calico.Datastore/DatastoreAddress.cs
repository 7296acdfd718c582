namespace Calico.Datastore;

/// <summary>Where a datastore is and how it is reached, as command lines and calicoctl's environment say it. Opening it is the caller's: each store has a package of its own.</summary>
public sealed record DatastoreAddress
{
    /// <summary><c>sqlite</c>, <c>etcd</c> or <c>memory</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>sqlite: the file.</summary>
    public string Path { get; init; } = "";

    /// <summary>etcd: the members' URLs.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>etcd: the domain whose SRV records name the members, in place of <see cref="Endpoints"/> (<c>ETCD_DISCOVERY_SRV</c>).</summary>
    public string DiscoverySrv { get; init; } = "";

    /// <summary>etcd: PEM file of the authorities (<c>ETCD_CA_CERT_FILE</c>).</summary>
    public string CaCertificateFile { get; init; } = "";

    /// <summary>etcd: PEM file of our certificate (<c>ETCD_CERT_FILE</c>).</summary>
    public string CertificateFile { get; init; } = "";

    /// <summary>etcd: PEM file of its key (<c>ETCD_KEY_FILE</c>).</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>etcd: the authorities as text (<c>ETCD_CA_CERT</c>).</summary>
    public string CaCertificate { get; init; } = "";

    /// <summary>etcd: our certificate as text (<c>ETCD_CERT</c>).</summary>
    public string Certificate { get; init; } = "";

    /// <summary>etcd: its key as text (<c>ETCD_KEY</c>).</summary>
    public string Key { get; init; } = "";

    /// <summary>etcd: the user (<c>ETCD_USERNAME</c>).</summary>
    public string UserName { get; init; } = "";

    /// <summary>etcd: the password (<c>ETCD_PASSWORD</c>).</summary>
    public string Password { get; init; } = "";

    /// <summary>Reads an address, or with none the environment.</summary>
    /// <param name="address"><c>sqlite:///PATH</c>, <c>etcd://HOST:PORT[,HOST:PORT…]</c>, <c>http(s)://HOST:PORT[,…]</c> (etcd), <c>memory:</c>; null or empty = <c>CALICO_DATASTORE</c>, else
    /// <c>DATASTORE_TYPE</c> with <c>SQLITE_PATH</c>, <c>ETCD_ENDPOINTS</c> or <c>ETCD_DISCOVERY_SRV</c>.</param>
    /// <param name="environment">Reads a variable; null = the process's. Each may also be written with the prefix <c>CALICO_</c>.</param>
    /// <exception cref="ArgumentException">It is neither; the message says what would be.</exception>
    public static DatastoreAddress Read(string? address, Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        string Variable(string name) => environment(name) ?? environment($"CALICO_{name}") ?? "";
        if (string.IsNullOrEmpty(address)) address = environment("CALICO_DATASTORE");
        if (!string.IsNullOrEmpty(address)) return Parse(address, Variable);
        string type = Variable("DATASTORE_TYPE"), file = Variable("SQLITE_PATH"), endpoints = Variable("ETCD_ENDPOINTS"), domain = Variable("ETCD_DISCOVERY_SRV");
        if (endpoints.Length > 0 && domain.Length > 0) throw new ArgumentException("Both ETCD_ENDPOINTS and ETCD_DISCOVERY_SRV are given: state the members, or the domain that names them.");
        return type switch
        {
            "sqlite" when file.Length > 0 => new() { Kind = "sqlite", Path = file },
            "sqlite" => throw new ArgumentException("DATASTORE_TYPE=sqlite needs SQLITE_PATH, the database file."),
            "etcdv3" or "" when endpoints.Length > 0 => Etcd(endpoints, Variable),
            "etcdv3" or "" when domain.Length > 0 => Etcd("", Variable) with { DiscoverySrv = domain },
            "etcdv3" => throw new ArgumentException("DATASTORE_TYPE=etcdv3 needs ETCD_ENDPOINTS, for example http://127.0.0.1:2379, or ETCD_DISCOVERY_SRV."),
            "kubernetes" => throw new ArgumentException("DATASTORE_TYPE=kubernetes is not supported; it may be sqlite or etcdv3."),
            "" when file.Length > 0 => new() { Kind = "sqlite", Path = file },
            "" => throw new ArgumentException("No datastore is given: use --datastore sqlite:///PATH or etcd://HOST:PORT, or set DATASTORE_TYPE with SQLITE_PATH or ETCD_ENDPOINTS."),
            _ => throw new ArgumentException($"DATASTORE_TYPE={type} is not known; it may be sqlite or etcdv3."),
        };
    }

    private static DatastoreAddress Parse(string address, Func<string, string> variable)
    {
        if (address.StartsWith("sqlite://", StringComparison.Ordinal) && address.Length > "sqlite://".Length) return new() { Kind = "sqlite", Path = address["sqlite://".Length..] };
        if (address.StartsWith("etcd://", StringComparison.Ordinal)) return Etcd(address["etcd://".Length..], variable);
        if (address.StartsWith("http://", StringComparison.Ordinal) || address.StartsWith("https://", StringComparison.Ordinal)) return Etcd(address, variable);
        if (address is "memory:" or "memory://") return new() { Kind = "memory" };
        throw new ArgumentException($"'{address}' is not a datastore: use sqlite:///PATH or etcd://HOST:PORT[,HOST:PORT…].");
    }

    private static DatastoreAddress Etcd(string endpoints, Func<string, string> variable)
    {
        bool tls = variable("ETCD_CA_CERT_FILE").Length + variable("ETCD_CA_CERT").Length + variable("ETCD_CERT_FILE").Length + variable("ETCD_CERT").Length > 0;
        string scheme = tls ? "https" : "http";
        string[] urls = [.. endpoints.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(e => e.Contains("://", StringComparison.Ordinal) ? e : $"{scheme}://{e}")];
        if (urls.Length == 0 && variable("ETCD_DISCOVERY_SRV").Length == 0) throw new ArgumentException("No etcd endpoint is given, for example etcd://127.0.0.1:2379.");
        return new()
        {
            Kind = "etcd",
            Endpoints = urls,
            CaCertificateFile = variable("ETCD_CA_CERT_FILE"),
            CertificateFile = variable("ETCD_CERT_FILE"),
            KeyFile = variable("ETCD_KEY_FILE"),
            CaCertificate = variable("ETCD_CA_CERT"),
            Certificate = variable("ETCD_CERT"),
            Key = variable("ETCD_KEY"),
            UserName = variable("ETCD_USERNAME"),
            Password = variable("ETCD_PASSWORD"),
        };
    }
}
