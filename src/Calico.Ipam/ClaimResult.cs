using System.Net;

namespace Calico.Ipam;

/// <summary>What a claim of a range came to.</summary>
/// <param name="Claimed">Blocks that are the owner's now.</param>
/// <param name="Failed">Blocks that belong to somebody else.</param>
public sealed record ClaimResult(IReadOnlyList<IPNetwork> Claimed, IReadOnlyList<IPNetwork> Failed);
