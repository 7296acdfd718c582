using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Calico.Datastore.Etcd;

namespace Calico.Datastore.Tests.Etcd;

public sealed class EtcdAccessTests
{
    private static CancellationToken Bound => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_may_be_made_by_the_user()
    {
        await using EtcdServer server = await EtcdServer.StartAsync();
        Uri real = new(server.Endpoints[0]);
        List<DnsEndPoint> asked = [];
        await using EtcdDatastore store = server.Open(o =>
        {
            o.Endpoints = ["http://behind.example:2379"];
            o.Connect = async (member, connecting) =>
            {
                asked.Add(member);
                TcpClient tcp = new();
                await tcp.ConnectAsync(real.Host, real.Port, connecting);
                return tcp.GetStream();
            };
        });
        Assert.True((await store.PutAsync("/calico/a", "1"u8.ToArray(), cancellationToken: Bound)).Committed);
        Assert.Equal(new DnsEndPoint("behind.example", 2379), Assert.Single(asked));
    }

    [Fact]
    public async Task Users_log_in_keep_working_when_their_token_ends_and_may_do_what_their_role_says()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(arguments: _ => ["--auth-token-ttl", "1"]);
        async Task CtlAsync(params string[] arguments) =>
            await EtcdMember.RunAsync("env", ["ETCDCTL_API=3", "etcdctl", "--endpoints", server.Endpoints[0], .. arguments]);
        await CtlAsync("user", "add", "root:secret");
        await CtlAsync("user", "add", "calico:pass");
        await CtlAsync("role", "add", "calico");
        await CtlAsync("role", "grant-permission", "calico", "readwrite", "/calico/", "--prefix");
        await CtlAsync("user", "grant-role", "root", "root");
        await CtlAsync("user", "grant-role", "calico", "calico");
        await CtlAsync("auth", "enable");

        await using EtcdDatastore user = server.Open(o => (o.UserName, o.Password) = ("calico", "pass"));
        Assert.True((await user.PutAsync("/calico/a", "1"u8.ToArray(), cancellationToken: Bound)).Committed);
        await Task.Delay(2500, Bound);
        Assert.NotNull(await user.GetAsync("/calico/a", Bound));
        await Task.Delay(2500, Bound);
        Assert.True((await user.PutAsync("/calico/a", "2"u8.ToArray(), cancellationToken: Bound)).Committed);
        Assert.Equal(DatastoreError.PermissionDenied, (await Assert.ThrowsAsync<DatastoreException>(async () => await user.PutAsync("/other", default, cancellationToken: Bound))).Error);
        Assert.Equal(DatastoreError.PermissionDenied, (await Assert.ThrowsAsync<DatastoreException>(async () =>
        {
            await foreach (WatchBatch _ in user.WatchAsync("/other/", 1, Bound)) break;
        })).Error);

        await using EtcdDatastore wrong = server.Open(o => (o.UserName, o.Password) = ("calico", "wrong"));
        Assert.Equal(DatastoreError.Unauthenticated, (await Assert.ThrowsAsync<DatastoreException>(async () => await wrong.GetAsync("/calico/a", Bound))).Error);
        await using EtcdDatastore nobody = server.Open();
        Assert.Equal(DatastoreError.Unauthenticated, (await Assert.ThrowsAsync<DatastoreException>(async () => await nobody.GetAsync("/calico/a", Bound))).Error);
    }

    [Fact]
    public async Task Mutual_TLS_works_and_a_wrong_authority_or_a_missing_certificate_is_refused()
    {
        Authority? authority = null;
        EtcdDatastoreOptions access = new();
        await using EtcdServer server = await EtcdServer.StartAsync(scheme: "https", access: access, arguments: folder =>
        {
            authority = new(folder);
            authority.Issue("server");
            authority.Issue("client");
            (access.CaCertificateFile, access.CertificateFile, access.KeyFile) = (authority.CaFile, authority.File("client.pem"), authority.File("client.key"));
            return ["--client-cert-auth", "--trusted-ca-file", authority.CaFile, "--cert-file", authority.File("server.pem"), "--key-file", authority.File("server.key")];
        });
        await using EtcdDatastore store = server.Open(o => (o.CaCertificateFile, o.CertificateFile, o.KeyFile) = (access.CaCertificateFile, access.CertificateFile, access.KeyFile));
        Assert.True((await store.PutAsync("/a", "1"u8.ToArray(), cancellationToken: Bound)).Committed);

        await using EtcdDatastore inline = server.Open(o => (o.CaCertificate, o.Certificate, o.Key) =
            (File.ReadAllText(access.CaCertificateFile), File.ReadAllText(access.CertificateFile), File.ReadAllText(access.KeyFile)));
        Assert.NotNull(await inline.GetAsync("/a", Bound));

        await using EtcdDatastore unknown = server.Open(o => (o.CaCertificateFile, o.OperationTimeout) = (access.CaCertificateFile, TimeSpan.FromSeconds(1)));
        Assert.Equal(DatastoreError.Unavailable, (await Assert.ThrowsAsync<DatastoreException>(async () => await unknown.GetAsync("/a", Bound))).Error);
        using TemporaryFolder elsewhere = new();
        Authority other = new(elsewhere.Path);
        await using EtcdDatastore distrusting = server.Open(o => (o.CaCertificateFile, o.CertificateFile, o.KeyFile, o.OperationTimeout) =
            (other.CaFile, access.CertificateFile, access.KeyFile, TimeSpan.FromSeconds(1)));
        Assert.Equal(DatastoreError.Unavailable, (await Assert.ThrowsAsync<DatastoreException>(async () => await distrusting.GetAsync("/a", Bound))).Error);
    }

    [Theory]
    [InlineData("127.0.0.1:2379")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("")]
    public void An_endpoint_that_is_no_url_is_named(string endpoint) =>
        Assert.Contains($"'{endpoint}'", Assert.Throws<ArgumentException>(() => new EtcdDatastore(endpoint)).Message, StringComparison.Ordinal);

    [Fact]
    public void Half_a_pair_of_options_is_an_error()
    {
        Assert.Throws<ArgumentException>(() => new EtcdDatastore());
        Assert.Throws<ArgumentException>(() => new EtcdDatastore(new EtcdDatastoreOptions { Endpoints = ["http://h:1"], CertificateFile = "x" }));
        Assert.Throws<ArgumentException>(() => new EtcdDatastore(new EtcdDatastoreOptions { Endpoints = ["http://h:1"], UserName = "x" }));
    }

    /// <summary>A certificate authority of this test.</summary>
    private sealed class Authority
    {
        private readonly X509Certificate2 _certificate;
        private readonly string _folder;

        public Authority(string folder)
        {
            _folder = folder;
            ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new("CN=test-authority", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
            _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            System.IO.File.WriteAllText(CaFile, _certificate.ExportCertificatePem());
        }

        public string CaFile => File("ca.pem");

        public string File(string name) => Path.Combine(_folder, name);

        public void Issue(string name)
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
            SubjectAlternativeNameBuilder names = new();
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
            using X509Certificate2 certificate = request.Create(_certificate, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(12), RandomNumberGenerator.GetBytes(8));
            System.IO.File.WriteAllText(File($"{name}.pem"), certificate.ExportCertificatePem());
            System.IO.File.WriteAllText(File($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        }
    }
}
