namespace Calico.Ipam;

/// <summary>
/// Addresses that belong to a name, such as <c>shop/web-0</c> of a StatefulSet, and not to the container that happens to carry it: released and taken again it
/// is the same address. The address stays allocated under a handle made of the name; only its owner comes and goes.
/// </summary>
/// <param name="client">The client to work with.</param>
public sealed class FixedAddresses(IpamClient client)
{
    private const string Prefix = "fixed.";

    /// <summary>The handle of a name.</summary>
    /// <param name="name">The name; the same name always means the same address.</param>
    public static string HandleOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Prefix + name.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2f", StringComparison.Ordinal);
    }

    /// <summary>Gives a name its addresses: those it had before, or new ones that it keeps from now on.</summary>
    /// <param name="name">The name.</param>
    /// <param name="request">How many of each family and for whom; its handle and its limit per handle do not count.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException"><see cref="IpamErrorCode.BadOwner"/>: somebody else carries the name at this moment; release it first.</exception>
    public async Task<AutoAssignResult> AcquireAsync(string name, AutoAssignRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        string handle = HandleOf(name);
        AutoAssignRequest v4 = request with { Handle = handle, IPv6 = 0, MaxPerHandle = request.IPv4 }, v6 = request with { Handle = handle, IPv4 = 0, MaxPerHandle = request.IPv6 };
        AutoAssignResult result = new(
            request.IPv4 == 0 ? null : (await client.AutoAssignAsync(v4, cancellationToken).ConfigureAwait(false)).ThrowIfIncomplete().IPv4,
            request.IPv6 == 0 ? null : (await client.AutoAssignAsync(v6, cancellationToken).ConfigureAwait(false)).ThrowIfIncomplete().IPv6);
        foreach (AssignedAddress address in result.Addresses)
        {
            AllocationRecord? record = (await client.GetAllocationAsync(address.Address, cancellationToken).ConfigureAwait(false))?.Attribute;
            if (record is null || AllocationRecord.Same(record.Owner, request.Attributes)) continue;
            await client.SetOwnerAttributesAsync(address.Address, handle, new OwnerChange { Active = request.Attributes, ActiveMustBeEmpty = true }, cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>The container that carried the name is gone; the name keeps its addresses.</summary>
    /// <param name="name">The name.</param>
    /// <param name="owner">Only while this owner carries it (by these attributes); null for whoever does.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException">The name has no address, or somebody else carries it by now.</exception>
    public async Task ReleaseAsync(string name, IReadOnlyDictionary<string, string>? owner = null, CancellationToken cancellationToken = default)
    {
        string handle = HandleOf(name);
        foreach (AssignedAddress address in await client.IpsByHandleAsync(handle, cancellationToken).ConfigureAwait(false))
            await client.SetOwnerAttributesAsync(address.Address, handle, new OwnerChange { Active = AllocationRecord.None, ExpectedActive = owner }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The name is given up; its addresses become free.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IpamException"><see cref="IpamErrorCode.HandleNotFound"/>: the name has no address.</exception>
    public Task<ReleaseResult> ForgetAsync(string name, CancellationToken cancellationToken = default) =>
        client.ReleaseByHandleAsync(HandleOf(name), cancellationToken: cancellationToken);

    internal static bool IsHandle(string? handle) => handle is not null && handle.StartsWith(Prefix, StringComparison.Ordinal);
}
