using System.Net;
using Calico.Dataplane;
using Calico.Netlink;
using Calico.Netlink.NfTables;

namespace Calico.Cli.Node;

/// <summary>The kernel that is asked: of the namespace the command runs in, or of a named one.</summary>
internal sealed class NodeKernel : IDisposable
{
    private readonly NftClient _nft;
    private readonly RtNetlink _route;
    private readonly NetworkNamespace? _network;

    private NodeKernel(NetworkNamespace? network)
    {
        NetlinkConnectionOptions options = new() { Namespace = network };
        (_network, _nft, _route) = (network, NftClient.Open(options), RtNetlink.Open(options));
    }

    /// <exception cref="NetlinkException">There is no such namespace, or no right to enter it.</exception>
    public static NodeKernel Open(string? network) => new(network is null ? null : NetworkNamespace.Open(network));

    /// <exception cref="NodeException">There is no table of ours, or no right to read it.</exception>
    public async Task<NodeRuleset> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            return await NodeRuleset.ReadAsync(_nft, cancellation) ?? throw new NodeException("there is no table 'inet calico' here: no agent has run in this network namespace");
        }
        catch (NetlinkException e) when (e.Errno is Errno.NotPermitted or Errno.AccessDenied)
        {
            throw new NodeException("reading the ruleset needs CAP_NET_ADMIN: run as root");
        }
    }

    /// <summary>Whether an address is the host's own.</summary>
    public async Task<bool> IsLocalAsync(IPAddress address, CancellationToken cancellation) =>
        (await _route.Addresses.ListAsync(cancellationToken: cancellation)).Any(a => a.Address.Equals(address));

    /// <summary>The interface that the way to an address leads out by; null when there is none.</summary>
    public async Task<string?> WayToAsync(IPAddress address, CancellationToken cancellation)
    {
        try
        {
            Route route = await _route.Routes.LookupAsync(address, cancellationToken: cancellation);
            return route.Type == RouteType.Unicast ? (await _route.Links.GetAsync(route.InterfaceIndex, cancellation)).Name : null;
        }
        catch (NetlinkException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _nft.Dispose();
        _route.Dispose();
        _network?.Dispose();
    }
}

/// <summary>A question that cannot be answered, with the reason for people.</summary>
internal sealed class NodeException(string message) : Exception(message);
