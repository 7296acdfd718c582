using System.Globalization;
using System.Net;

namespace Calico.Ipam;

/// <summary>An address that was assigned.</summary>
/// <param name="Address">The address.</param>
/// <param name="Block">The block that it lies in; its prefix length is the one that Calico reports with the address.</param>
/// <param name="SequenceNumber">What to release it with, see <see cref="ReleaseOption.SequenceNumber"/>.</param>
/// <param name="IsBorrowed">It lies in a block of another node.</param>
public sealed record AssignedAddress(IPAddress Address, IPNetwork Block, ulong SequenceNumber, bool IsBorrowed)
{
    /// <summary>The address with its block's prefix length, such as <c>10.0.0.5/26</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Block.PrefixLength}");
}
