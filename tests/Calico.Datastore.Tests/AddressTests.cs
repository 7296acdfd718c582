namespace Calico.Datastore.Tests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("sqlite:///var/lib/calico.db", "", "sqlite /var/lib/calico.db")]
    [InlineData("etcd://a:2379,b:2379", "", "etcd http://a:2379 http://b:2379")]
    [InlineData("etcd://a:2379", "ETCD_CA_CERT_FILE=/ca.pem", "etcd https://a:2379 ca=/ca.pem")]
    [InlineData("", "DATASTORE_TYPE=sqlite;SQLITE_PATH=/x.db", "sqlite /x.db")]
    [InlineData("", "DATASTORE_TYPE=etcdv3;ETCD_ENDPOINTS=https://a:1, https://b:2", "etcd https://a:1 https://b:2")]
    [InlineData("", "CALICO_DATASTORE_TYPE=etcdv3;CALICO_ETCD_ENDPOINTS=http://a:1", "etcd http://a:1")]
    [InlineData("", "CALICO_DATASTORE=sqlite:///y.db;DATASTORE_TYPE=etcdv3", "sqlite /y.db")]
    [InlineData("", "", "No datastore is given")]
    [InlineData("", "DATASTORE_TYPE=kubernetes", "DATASTORE_TYPE=kubernetes is not supported")]
    [InlineData("", "DATASTORE_TYPE=sqlite", "needs SQLITE_PATH")]
    [InlineData("redis://x", "", "'redis://x' is not a datastore")]
    public void Addresses_and_environments_are_read(string address, string environment, string expected)
    {
        Dictionary<string, string> variables = environment.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        string said;
        try
        {
            DatastoreAddress read = DatastoreAddress.Read(address, variables.GetValueOrDefault);
            said = $"{read.Kind} {read.Path}{string.Join(' ', read.Endpoints)}{(read.CaCertificateFile.Length > 0 ? $" ca={read.CaCertificateFile}" : "")}";
        }
        catch (ArgumentException error)
        {
            said = error.Message;
        }

        Assert.Contains(expected, said, StringComparison.Ordinal);
    }
}
