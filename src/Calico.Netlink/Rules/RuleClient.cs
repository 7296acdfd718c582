using System.Net.Sockets;

namespace Calico.Netlink;

/// <summary>Policy routing rules of a network namespace.</summary>
public sealed class RuleClient
{
    private readonly NetlinkConnection _connection;

    internal RuleClient(NetlinkConnection connection) => _connection = connection;

    /// <summary>The rules of a family or of both, by priority.</summary>
    public ValueTask<IReadOnlyList<RoutingRule>> ListAsync(AddressFamily? family = null, CancellationToken cancellationToken = default) =>
        _connection.ListAsync<RoutingRule>(batch => batch.DumpRules(family), RoutingRule.TryDecode, rule => family is null || rule.Family == family, cancellationToken);

    /// <summary>Adds a rule.</summary>
    /// <exception cref="NetlinkException">An equal one is there (EEXIST), or the kernel refuses it.</exception>
    public ValueTask AddAsync(RoutingRule rule, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.AddRule(rule), cancellationToken);

    /// <summary>Deletes the first rule that the given one matches.</summary>
    /// <exception cref="NetlinkException">There is none like it (ENOENT).</exception>
    public ValueTask DeleteAsync(RoutingRule rule, CancellationToken cancellationToken = default) =>
        _connection.RequestAsync(batch => batch.DeleteRule(rule), cancellationToken);
}
