using System.Net;
using System.Net.Sockets;
using Calico.Ipam.Documents;
using Calico.Ipam.Pools;
using Calico.Ipam.Validation;
using Calico.Net;
using Calico.Policy.Selectors;

namespace Calico.Ipam;

/// <summary>The rules for IPPools: of one pool by itself, and of a pool among others and over time.</summary>
public static class IPPoolValidation
{
    private static readonly IpPrefix LinkLocal4 = IpPrefix.Parse("169.254.0.0/16");
    private static readonly IpPrefix LinkLocal6 = IpPrefix.Parse("fe80::/10");

    /// <summary>Checks a projectcalico.org/v3 IPPool as text, its metadata too.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <returns>What is wrong; empty when it is valid.</returns>
    public static IReadOnlyList<ValidationError> Validate(ReadOnlyMemory<byte> json)
    {
        try
        {
            IPPool pool = IPPool.Decode(json);
            return [.. MetadataRules.Check(ResourceJson.Parse(json.Span, "IPPool")), .. Validate(pool)];
        }
        catch (IpamDataException e)
        {
            return [new ValidationError(e.Path, e.Reason)];
        }
    }

    /// <summary>Checks one pool by itself.</summary>
    /// <param name="pool">The pool.</param>
    /// <returns>What is wrong; empty when it is valid.</returns>
    public static IReadOnlyList<ValidationError> Validate(IPPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        List<ValidationError> errors = [];
        void Add(string field, string reason) => errors.Add(new ValidationError($"$.spec.{field}", reason));
        CheckRange(pool, Add);
        CheckEncapsulation(pool, Add);
        CheckSelector(pool.NodeSelector, "nodeSelector", Add);
        CheckSelector(pool.NamespaceSelector, "namespaceSelector", Add);
        CheckUses(pool, Add);
        foreach (string exclusion in pool.Exclusions)
        {
            if (!AddressFilter.TryParseRange(exclusion, out (IpPrefix First, IpPrefix Last) range))
                errors.Add(new ValidationError($"$.metadata.annotations['{IPPool.ExclusionsAnnotation}']", $"'{exclusion}' is not an address, a prefix or a range first-last"));
            else if (!pool.Range.Contains(range.First) || !pool.Range.Contains(range.Last))
                errors.Add(new ValidationError($"$.metadata.annotations['{IPPool.ExclusionsAnnotation}']", $"'{exclusion}' does not lie in the pool ({pool.Range})"));
        }

        return errors;
    }

    /// <summary>Checks a new or changed pool against what is there.</summary>
    /// <param name="pool">The pool as it shall be.</param>
    /// <param name="previous">The pool as it is; null when it is new.</param>
    /// <param name="others">All other pools.</param>
    /// <param name="blocks">The ranges of existing blocks.</param>
    /// <returns>What is wrong; empty when it is valid.</returns>
    public static IReadOnlyList<ValidationError> ValidateChange(IPPool pool, IPPool? previous, IEnumerable<IPPool> others, IEnumerable<IPNetwork> blocks)
    {
        ArgumentNullException.ThrowIfNull(others);
        ArgumentNullException.ThrowIfNull(blocks);
        List<ValidationError> errors = [.. Validate(pool)];
        if (previous is not null)
        {
            if (previous.Cidr != pool.Cidr) errors.Add(new("$.spec.cidr", $"cannot be changed ({previous.Cidr} → {pool.Cidr}): make a new pool and drain the old one"));
            if (previous.BlockSize != pool.BlockSize) errors.Add(new("$.spec.blockSize", $"cannot be changed (/{previous.BlockSize} → /{pool.BlockSize}): make a new pool and drain the old one"));
            if (IsLoadBalancer(previous) != IsLoadBalancer(pool)) errors.Add(new("$.spec.allowedUses", "a pool for LoadBalancer cannot become another kind, nor the other way round"));
        }

        foreach (IPPool other in others)
        {
            if (other.Name != pool.Name && other.Range.Overlaps(pool.Range)) errors.Add(new("$.spec.cidr", $"{pool.Range} overlaps with pool {other.Name} ({other.Range})"));
        }

        if (previous is null && !pool.Disabled && blocks.Select(IpPrefix.From).FirstOrDefault(block => pool.Range.Contains(block) && block.Length != pool.BlockSize) is { Length: > 0 } odd)
            errors.Add(new("$.spec.blockSize", $"block {odd} exists in {pool.Range} with another size than /{pool.BlockSize}: use /{odd.Length}, or release that block's addresses first"));
        return errors;
    }

    private static bool IsLoadBalancer(IPPool pool) => pool.AllowedUses.HasFlag(AllowedUses.LoadBalancer);

    private static void CheckRange(IPPool pool, Action<string, string> add)
    {
        IpPrefix range = pool.Range;
        bool v6 = pool.Cidr.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        (int shortest, int longest) = v6 ? (116, 128) : (20, 32);
        if (IPAddress.TryParse(pool.CidrText.Split('/')[0], out IPAddress? written) && IpPrefix.From(written) is var address && address.Bits != range.Bits)
            add("cidr", $"'{pool.CidrText}' has host bits: write {range}");
        if (pool.BlockSize < shortest || pool.BlockSize > longest) add("blockSize", $"/{pool.BlockSize} is not /{shortest} to /{longest}");
        else if (range.Length > pool.BlockSize && !pool.Disabled) add("cidr", $"{range} is smaller than one block (/{pool.BlockSize})");
        if (range.Overlaps(v6 ? LinkLocal6 : LinkLocal4)) add("cidr", $"{range} overlaps with link-local addresses ({(v6 ? LinkLocal6 : LinkLocal4)})");
    }

    private static void CheckEncapsulation(IPPool pool, Action<string, string> add)
    {
        if (pool.IpipMode != EncapsulationMode.Never && pool.VxlanMode != EncapsulationMode.Never) add("ipipMode", "ipipMode and vxlanMode cannot both be used: set one of them to Never");
        if (pool.IpipMode != EncapsulationMode.Never && pool.IpVersion == 6) add("ipipMode", "IPIP carries IPv4 only: use vxlanMode");
    }

    private static void CheckSelector(string text, string field, Action<string, string> add)
    {
        if (text.Length == 0) return;
        if (!Selector.TryParse(text, out Selector? selector, out SelectorError error)) add(field, $"'{text}' cannot be read: {error}");
        else if (selector.MentionsGlobal) add(field, "global() selects no nodes or namespaces: use all()");
    }

    private static void CheckUses(IPPool pool, Action<string, string> add)
    {
        if (pool.NamespaceSelector.Length > 0 && pool.UsesAreStated && pool.AllowedUses.HasFlag(AllowedUses.Tunnel))
            add("namespaceSelector", "tunnel addresses belong to no namespace: leave Tunnel out of allowedUses");
        if (!IsLoadBalancer(pool)) return;
        if (pool.AllowedUses != AllowedUses.LoadBalancer) add("allowedUses", "LoadBalancer excludes Workload and Tunnel");
        if (pool.IpipMode != EncapsulationMode.Never || pool.VxlanMode != EncapsulationMode.Never) add("allowedUses", "a pool for LoadBalancer cannot be encapsulated");
        if (pool.DisableBgpExport) add("disableBGPExport", "a pool for LoadBalancer must be exported");
        if (pool.NodeSelector.Length > 0 && !(Selector.TryParse(pool.NodeSelector, out Selector? selector, out _) && selector.MatchesEverything))
            add("nodeSelector", "a pool for LoadBalancer takes no node selector but all()");
    }
}
