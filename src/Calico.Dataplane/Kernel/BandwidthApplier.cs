using System.Security.Cryptography;
using System.Text;
using Calico.Netlink;

namespace Calico.Dataplane.Kernel;

/// <summary>
/// Bandwidth limits by token buckets (sch_tbf), as the CNI bandwidth plugin makes them: towards the workload at its interface's way out; from the workload at the
/// way out of an ifb that everything arriving at the interface is redirected to. Ours are told by the bucket's handle and the ifb's name.
/// </summary>
internal sealed class BandwidthApplier(RtNetlink netlink)
{
    private const string IfbPrefix = "bwcali";
    private const uint Handle = 0xca11_0000;
    private const ushort Priority = 1;
    private const uint Ingress = 0xffff_0000; // where filters of the ingress discipline hang

    public async ValueTask<IReadOnlyList<string>> EnsureAsync(IReadOnlyDictionary<string, InterfaceBandwidth> limits, CancellationToken cancellationToken)
    {
        IReadOnlyList<Link> links = await netlink.Links.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        ILookup<int, Qdisc> qdiscs = (await netlink.TrafficControl.ListQdiscsAsync(cancellationToken).ConfigureAwait(false)).ToLookup(q => q.InterfaceIndex);
        Dictionary<string, Link> ifbs = links.Where(l => l.Kind is IfbLink && l.Name.StartsWith(IfbPrefix, StringComparison.Ordinal)).ToDictionary(l => l.Name, StringComparer.Ordinal);
        List<string> problems = [];
        foreach (Link link in links.Where(l => l.Kind is not IfbLink))
        {
            InterfaceBandwidth? wanted = limits.GetValueOrDefault(link.Name);
            string name = IfbOf(link.Name);
            Link? ifb = ifbs.GetValueOrDefault(name);
            if (wanted?.FromWorkload is not null) ifbs.Remove(name);
            try
            {
                await EnsureBucketAsync(link.Index, qdiscs[link.Index], wanted?.ToWorkload, cancellationToken).ConfigureAwait(false);
                if (wanted?.FromWorkload is { } from) await EnsureRedirectedAsync(link, name, ifb, qdiscs, from, cancellationToken).ConfigureAwait(false);
                else if (ifb is not null) await netlink.TrafficControl.DeleteQdiscAsync(new Qdisc(link.Index, new IngressQdisc()), cancellationToken).ConfigureAwait(false);
            }
            catch (NetlinkException e)
            {
                problems.Add($"Bandwidth of {link.Name}: {e.Message}");
            }
        }

        foreach (Link stale in ifbs.Values) await netlink.Links.DeleteAsync(stale.Index, cancellationToken).ConfigureAwait(false);
        return problems;
    }

    /// <summary>The ifb of an interface: any name is too long to be part of another.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "A short name, not a signature.")]
    internal static string IfbOf(string name) => IfbPrefix + Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(name)))[..9];

    private async ValueTask EnsureBucketAsync(int index, IEnumerable<Qdisc> there, BandwidthLimit? wanted, CancellationToken cancellationToken)
    {
        Qdisc? root = there.FirstOrDefault(q => q.Parent == Qdisc.Root);
        bool ours = root is { Handle: Handle };
        if (wanted is null)
        {
            if (ours) await netlink.TrafficControl.DeleteQdiscAsync(new Qdisc(index, root!.Kind) { Handle = Handle }, cancellationToken).ConfigureAwait(false);
            return;
        }

        TbfQdisc bucket = ToQdisc(wanted);
        if (ours && Same(root!.Kind as TbfQdisc, bucket)) return;
        await netlink.TrafficControl.ReplaceQdiscAsync(new Qdisc(index, bucket) { Handle = Handle }, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask EnsureRedirectedAsync(Link link, string name, Link? ifb, ILookup<int, Qdisc> qdiscs, BandwidthLimit limit, CancellationToken cancellationToken)
    {
        if (ifb is null)
        {
            await netlink.Links.AddAsync(name, new IfbLink(), new LinkSettings { Up = true, Mtu = link.Mtu }, cancellationToken: cancellationToken).ConfigureAwait(false);
            ifb = await netlink.Links.GetAsync(name, cancellationToken).ConfigureAwait(false);
        }
        else if (!ifb.IsUp) await netlink.Links.SetUpAsync(ifb.Index, cancellationToken).ConfigureAwait(false);

        await EnsureBucketAsync(ifb.Index, qdiscs[ifb.Index], limit, cancellationToken).ConfigureAwait(false);
        if (!qdiscs[link.Index].Any(q => q.Kind is IngressQdisc))
            await netlink.TrafficControl.ReplaceQdiscAsync(new Qdisc(link.Index, new IngressQdisc()), cancellationToken).ConfigureAwait(false);
        IReadOnlyList<TrafficFilter> filters = await netlink.TrafficControl.ListFiltersAsync(link.Index, Ingress, cancellationToken).ConfigureAwait(false);
        TrafficFilter redirect = new(link.Index, Ingress, Priority, "u32") { RedirectTo = ifb.Index };
        if (filters.Any(f => f.RedirectTo == ifb.Index)) return;
        if (filters.Any(f => f.Priority == Priority)) await netlink.TrafficControl.DeleteFilterAsync(redirect, cancellationToken).ConfigureAwait(false);
        await netlink.TrafficControl.RedirectAsync(redirect, cancellationToken).ConfigureAwait(false);
    }


    private static TbfQdisc ToQdisc(BandwidthLimit limit)
    {
        ulong waiting = limit.Burst + (ulong)(limit.Rate * BandwidthLimit.Latency.TotalSeconds);
        return new TbfQdisc(limit.Rate, limit.Burst, (uint)Math.Min(waiting, uint.MaxValue)) { PeakRate = limit.PeakRate, PeakBurst = limit.MinBurst };
    }

    // The kernel keeps buckets in 32 bits of 64 ns, so they come back rounded, or cut when large at a low rate.
    private static bool Same(TbfQdisc? there, TbfQdisc wanted) =>
        there is not null && there.Rate == wanted.Rate && there.Limit == wanted.Limit && there.PeakRate == wanted.PeakRate;
}
