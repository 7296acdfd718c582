using System.Globalization;
using System.Net;
using Calico.Ipam.Blocks;
using Calico.Ipam.Documents;
using Calico.Net;

namespace Calico.Ipam;

/// <summary>
/// A block: an aligned piece of a pool with the state of each of its addresses. It is IPAM's only unit of atomic change. Immutable; operations make a new one.
/// </summary>
/// <remarks>
/// Ordinal <c>n</c> is the block's base address plus <c>n</c>. Each ordinal is either in the queue of free ones (taken at its head, given back at its tail) or
/// points at a <see cref="AllocationRecord"/> that says whose it is, or that it is cooling down. JSON form: libcalico-go <c>lib/backend/model/block.go</c>.
/// </remarks>
public sealed class IpamBlock
{
    internal const int Free = -1;

    internal readonly IpPrefix Range;
    internal readonly int[] Slots;
    internal readonly List<int> Queue;
    internal readonly List<AllocationRecord> AttributeList;
    internal readonly SequenceNumbers Sequences;
    internal string? AffinityText;
    internal string? ClaimTimeText;
    internal string? HostAffinityText;
    internal UnknownFields Unknown = [];

    internal IpamBlock(in IpPrefix range, int[] slots, List<int> queue, List<AllocationRecord> attributes, SequenceNumbers sequences)
    {
        Range = range;
        Slots = slots;
        Queue = queue;
        AttributeList = attributes;
        Sequences = sequences;
    }

    /// <summary>The block's range.</summary>
    public IPNetwork Cidr => Range.ToIPNetwork();

    /// <summary>4 or 6.</summary>
    public int IpVersion => Range.IsIPv6 ? 6 : 4;

    /// <summary>How many addresses it has.</summary>
    public int Size => Slots.Length;

    /// <summary>Its owner; null when it has none (an orphan, kept until its last address goes).</summary>
    public AffinityOwner? Affinity => AffinityOwner.TryParse(AffinityText, out AffinityOwner? owner) ? owner : null;

    /// <summary>When its owner claimed it; null in documents older than 3.32.</summary>
    public DateTimeOffset? AffinityClaimTime =>
        DateTimeOffset.TryParse(ClaimTimeText, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset time) ? time : null;

    /// <summary>Raised with each write of the block. Starts at the clock in nanoseconds, so a block made anew never repeats its predecessor's numbers.</summary>
    public ulong SequenceNumber { get; internal set; }

    /// <summary>The Kubernetes datastore's mark that a block is about to go.</summary>
    public bool Deleted { get; internal set; }

    /// <summary>Free ordinals in the order in which they will be given out.</summary>
    public IReadOnlyList<int> Unallocated => Queue;

    /// <summary>What is known about the addresses that are not free.</summary>
    public IReadOnlyList<AllocationRecord> Attributes => AttributeList;

    /// <summary>The index into <see cref="Attributes"/> of an ordinal, or null when it is free.</summary>
    /// <param name="ordinal">0 to <see cref="Size"/> − 1.</param>
    public int? AttributeIndex(int ordinal) => Slots[ordinal] is >= 0 and int index ? index : null;

    /// <summary>What is known about an ordinal, or null when it is free.</summary>
    /// <param name="ordinal">0 to <see cref="Size"/> − 1.</param>
    public AllocationRecord? Attribute(int ordinal) => Slots[ordinal] is >= 0 and int index ? AttributeList[index] : null;

    /// <summary>The block's sequence number when an ordinal was allocated; releasing with it makes sure that no newer allocation is freed.</summary>
    /// <param name="ordinal">0 to <see cref="Size"/> − 1.</param>
    public ulong? SequenceNumberFor(int ordinal) => Sequences.TryGetValue(ordinal, out ulong number) ? number : null;

    /// <summary>The address of an ordinal.</summary>
    /// <param name="ordinal">0 to <see cref="Size"/> − 1.</param>
    public IPAddress Address(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ordinal, Size);
        return Range.AddressAt((uint)ordinal).ToAddress();
    }

    /// <summary>The ordinal of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="ordinal">Its ordinal.</param>
    /// <returns>False when the address is not in the block.</returns>
    public bool TryGetOrdinal(IPAddress address, out int ordinal)
    {
        ArgumentNullException.ThrowIfNull(address);
        return TryGetOrdinal(IpPrefix.From(address), out ordinal);
    }

    /// <summary>Allocations in order of addresses, the cooling ones among them.</summary>
    public IEnumerable<BlockAllocation> Allocations
    {
        get
        {
            for (int ordinal = 0; ordinal < Slots.Length; ordinal++)
            {
                if (Slots[ordinal] >= 0) yield return new BlockAllocation(this, ordinal);
            }
        }
    }

    /// <summary>Reads a block's JSON.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="name">What to call it in errors, usually its key.</param>
    /// <exception cref="IpamDataException">It is no block, or breaks a block's rules; the exception says where.</exception>
    public static IpamBlock Decode(ReadOnlyMemory<byte> json, string name = "block") => BlockReader.Read(json.Span, name);

    /// <summary>The block's JSON as Calico writes it, with the fields that this version does not know.</summary>
    public byte[] Encode() => JsonText.Write(this, BlockWriter.Write);

    internal IpamBlock Clone() =>
        new(Range, (int[])Slots.Clone(), [.. Queue], [.. AttributeList], Sequences.Clone())
        {
            AffinityText = AffinityText,
            ClaimTimeText = ClaimTimeText,
            HostAffinityText = HostAffinityText,
            SequenceNumber = SequenceNumber,
            Deleted = Deleted,
            Unknown = Unknown,
        };

    internal bool TryGetOrdinal(in IpPrefix address, out int ordinal)
    {
        ordinal = Range.Contains(address) && address.IsHost ? (int)Range.OffsetOf(address) : -1;
        return ordinal >= 0;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Range} {AffinityText ?? "no affinity"}, {Size - Queue.Count} of {Size} in use";
}
