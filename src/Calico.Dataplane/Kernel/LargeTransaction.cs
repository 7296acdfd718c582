using Calico.Netlink;
using Calico.Netlink.NfTables;

namespace Calico.Dataplane.Kernel;

/// <summary>
/// Commits what may be more than a socket takes in one transaction (EMSGSIZE). What is new and what nothing in force leads to goes ahead in parts: no packet can meet it.
/// The rest, which puts it in force, is one transaction.
/// </summary>
internal static class LargeTransaction
{
    /// <exception cref="NftTransactionException">The kernel refused; what went ahead is there, unused.</exception>
    /// <exception cref="NetlinkException">Even the part that must be one transaction is too large; or the kernel cannot be spoken to.</exception>
    public static async ValueTask CommitAsync(IDataplaneKernel kernel, IReadOnlyList<NftChange> changes, CancellationToken cancellationToken)
    {
        try
        {
            await kernel.CommitAsync(changes, cancellationToken).ConfigureAwait(false);
        }
        catch (NetlinkException e) when (e.Errno == Errno.MessageTooLong)
        {
            (List<NftChange> ahead, List<NftChange> last) = Preparation.Split(changes);
            if (ahead.Count == 0) throw;
            await InPartsAsync(kernel, ahead, cancellationToken).ConfigureAwait(false);
            if (last.Count > 0) await kernel.CommitAsync(last, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask InPartsAsync(IDataplaneKernel kernel, IReadOnlyList<NftChange> changes, CancellationToken cancellationToken)
    {
        try
        {
            await kernel.CommitAsync(changes, cancellationToken).ConfigureAwait(false);
        }
        catch (NetlinkException e) when (e.Errno == Errno.MessageTooLong && Halves(changes) is { } halves)
        {
            await InPartsAsync(kernel, halves.First, cancellationToken).ConfigureAwait(false);
            await InPartsAsync(kernel, halves.Second, cancellationToken).ConfigureAwait(false);
        }
    }

    private static (IReadOnlyList<NftChange> First, IReadOnlyList<NftChange> Second)? Halves(IReadOnlyList<NftChange> changes) => changes switch
    {
        [NftAddElements { Elements.Count: > 1 } elements] => (
            [elements with { Elements = elements.Elements.Take(elements.Elements.Count / 2).ToValueList() }],
            [elements with { Elements = elements.Elements.Skip(elements.Elements.Count / 2).ToValueList() }]),
        [_] => null,
        _ => ([.. changes.Take(changes.Count / 2)], [.. changes.Skip(changes.Count / 2)]),
    };
}
