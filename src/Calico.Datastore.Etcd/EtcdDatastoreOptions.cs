using System.Net;

namespace Calico.Datastore.Etcd;

/// <summary>How <see cref="EtcdDatastore"/> reaches its cluster. Names follow calicoctl's etcd settings.</summary>
public sealed class EtcdDatastoreOptions
{
    /// <summary>The members' client URLs, <c>http://</c> or <c>https://</c>; one is used until it fails, then the next.</summary>
    public IList<string> Endpoints { get; set; } = [];

    /// <summary>PEM file of the authorities that sign the members' certificates; empty = the system's.</summary>
    public string CaCertificateFile { get; set; } = "";

    /// <summary>PEM file of our certificate; empty = none.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>PEM file of our certificate's private key.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>The authorities as PEM text; takes precedence over <see cref="CaCertificateFile"/>.</summary>
    public string CaCertificate { get; set; } = "";

    /// <summary>Our certificate as PEM text; takes precedence over <see cref="CertificateFile"/>.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>Our private key as PEM text; takes precedence over <see cref="KeyFile"/>.</summary>
    public string Key { get; set; } = "";

    /// <summary>User of etcd's own authentication; empty = none.</summary>
    public string UserName { get; set; } = "";

    /// <summary>The user's password.</summary>
    public string Password { get; set; } = "";

    /// <summary>How long a connection may take to come up.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one member may take to answer a read before the next is asked.</summary>
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a commit waits for its answer before it is <see cref="CommitOutcome.Ambiguous"/>.</summary>
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>How long an operation is tried, over all members, while nothing of it has reached one or it may be repeated.</summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may be silent before it is probed; a probe unanswered for 3 s ends it. etcd refuses less than 5 s.</summary>
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Makes a connection to a member's host and port, for a cluster in another network namespace or behind a proxy; null = TCP. TLS is spoken over what it returns.</summary>
    public Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>? Connect { get; set; }

    /// <summary>The options of an address that names etcd.</summary>
    /// <exception cref="ArgumentException">It names another kind of datastore.</exception>
    public static EtcdDatastoreOptions From(DatastoreAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Kind != "etcd") throw new ArgumentException($"The address names {address.Kind}, not etcd.", nameof(address));
        return new EtcdDatastoreOptions
        {
            Endpoints = [.. address.Endpoints],
            CaCertificateFile = address.CaCertificateFile,
            CertificateFile = address.CertificateFile,
            KeyFile = address.KeyFile,
            CaCertificate = address.CaCertificate,
            Certificate = address.Certificate,
            Key = address.Key,
            UserName = address.UserName,
            Password = address.Password,
        };
    }

    internal void Validate()
    {
        if (Endpoints.Count == 0) throw new ArgumentException("No etcd endpoint is given.", nameof(Endpoints));
        foreach (string endpoint in Endpoints)
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
                throw new ArgumentException($"The etcd endpoint '{endpoint}' is not an http or https URL.", nameof(Endpoints));
        }

        RequireFile(CaCertificate, CaCertificateFile, nameof(CaCertificateFile));
        RequireFile(Certificate, CertificateFile, nameof(CertificateFile));
        RequireFile(Key, KeyFile, nameof(KeyFile));
        bool certificate = Certificate.Length + CertificateFile.Length > 0, key = Key.Length + KeyFile.Length > 0;
        if (certificate != key) throw new ArgumentException("A client certificate needs its key and a key its certificate.", nameof(CertificateFile));
        if (UserName.Length == 0 != (Password.Length == 0)) throw new ArgumentException("A user needs a password and a password a user.", nameof(UserName));
        foreach (TimeSpan time in (TimeSpan[])[ConnectTimeout, ReadTimeout, CommitTimeout, OperationTimeout, KeepAlive])
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, "timeout");
    }

    // Also when no endpoint uses TLS: whoever names a file means it to be used.
    private static void RequireFile(string text, string file, string name)
    {
        if (text.Length == 0 && file.Length > 0 && !File.Exists(file)) throw new ArgumentException($"There is no file {file}.", name);
    }
}
