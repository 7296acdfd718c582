using System.Net;
using Calico.Datastore.Etcd.Client;

namespace Calico.Datastore.Etcd;

/// <summary>Finds a cluster's members by DNS, as etcd's own clients do: SRV records <c>_etcd-client-ssl._tcp.DOMAIN</c> (https) and <c>_etcd-client._tcp.DOMAIN</c> (http).</summary>
public static class EtcdDiscovery
{
    private const string ResolverFile = "/etc/resolv.conf";

    /// <summary>The members' client URLs, in order of the records' priority.</summary>
    /// <param name="domain">The domain, such as <c>example.com</c>.</param>
    /// <param name="servers">The name servers to ask, in turn; null = the system's (<c>/etc/resolv.conf</c>).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatastoreException">No name server answers, or there is no such record.</exception>
    public static async Task<IReadOnlyList<string>> FindAsync(string domain, IReadOnlyList<IPEndPoint>? servers = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        servers ??= SystemServers();
        List<string> endpoints = [];
        foreach ((string service, string scheme) in ((string, string)[])[("_etcd-client-ssl._tcp.", "https"), ("_etcd-client._tcp.", "http")])
        {
            IReadOnlyList<ServiceRecord> records = await AskAsync(service + domain.Trim('.'), servers, cancellationToken).ConfigureAwait(false);
            endpoints.AddRange(records.OrderBy(record => record.Priority).ThenByDescending(record => record.Weight).Select(record => $"{scheme}://{record.Target}:{record.Port}"));
        }

        return endpoints.Count > 0
            ? endpoints
            : throw new DatastoreException(DatastoreError.Unavailable, $"There is no SRV record _etcd-client._tcp.{domain} or _etcd-client-ssl._tcp.{domain}: no etcd is found by DNS.");
    }

    private static async Task<IReadOnlyList<ServiceRecord>> AskAsync(string name, IReadOnlyList<IPEndPoint> servers, CancellationToken cancellationToken)
    {
        Exception? last = null;
        foreach (IPEndPoint server in servers.Concat(servers))
        {
            try
            {
                return await ServiceQuery.AskAsync(name, server, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is System.Net.Sockets.SocketException or IOException or InvalidDataException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                last = error;
            }
        }

        throw new DatastoreException(DatastoreError.Unavailable, $"No name server tells the SRV records of {name}: {(servers.Count == 0 ? $"{ResolverFile} names none" : $"{string.Join(", ", servers)}: {last!.Message}")}", last);
    }

    private static List<IPEndPoint> SystemServers()
    {
        List<IPEndPoint> servers = [];
        if (!File.Exists(ResolverFile)) return servers;
        foreach (string line in File.ReadLines(ResolverFile))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", string address, ..] && IPAddress.TryParse(address, out IPAddress? server)) servers.Add(new(server, 53));
        }

        return servers;
    }
}
