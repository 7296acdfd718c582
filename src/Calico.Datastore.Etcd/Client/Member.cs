using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace Calico.Datastore.Etcd.Client;

/// <summary>One member of the cluster: its channel and the services on it.</summary>
internal sealed class Member : IDisposable
{
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(3);

    private readonly GrpcChannel _channel;

    public Member(string endpoint, EtcdDatastoreOptions options)
    {
        Endpoint = endpoint;
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = options.ConnectTimeout,
            KeepAlivePingDelay = options.KeepAlive,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            EnableMultipleHttp2Connections = true,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
        };
        if (options.Connect is { } connect) handler.ConnectCallback = (context, cancellation) => connect(context.DnsEndPoint, cancellation);
        if (new Uri(endpoint).Scheme == Uri.UriSchemeHttps) handler.SslOptions = Tls(options);
        // No service configuration: nothing is ever retried behind our back.
        _channel = GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(50),
            MaxReconnectBackoff = TimeSpan.FromSeconds(1),
        });
        KV = new(_channel);
        Watch = new(_channel);
        Lease = new(_channel);
        Auth = new(_channel);
        Maintenance = new(_channel);
    }

    public string Endpoint { get; }

    public Wire.KV.KVClient KV { get; }

    public Wire.Watch.WatchClient Watch { get; }

    public Wire.Lease.LeaseClient Lease { get; }

    public Wire.Auth.AuthClient Auth { get; }

    public Wire.Maintenance.MaintenanceClient Maintenance { get; }

    public void Dispose() => _channel.Dispose();

    private static SslClientAuthenticationOptions Tls(EtcdDatastoreOptions options)
    {
        SslClientAuthenticationOptions tls = new();
        string? authorities = Pem(options.CaCertificate, options.CaCertificateFile);
        if (authorities is not null)
        {
            X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(authorities);
            tls.CertificateChainPolicy = policy;
        }

        if (Pem(options.Certificate, options.CertificateFile) is { } certificate && Pem(options.Key, options.KeyFile) is { } key)
        {
            using X509Certificate2 pem = X509Certificate2.CreateFromPem(certificate, key);
            // A key straight from PEM is ephemeral, which some platforms' TLS does not take.
            tls.ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)];
        }

        return tls;
    }

    private static string? Pem(string text, string file) => text.Length > 0 ? text : file.Length > 0 ? File.ReadAllText(file) : null;
}
