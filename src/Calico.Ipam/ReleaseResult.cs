using System.Net;

namespace Calico.Ipam;

/// <summary>What a release did.</summary>
/// <param name="Released">Addresses that were in use and are no longer.</param>
/// <param name="Unallocated">Addresses that were not in use: free, cooling down, or of no block. No error.</param>
public sealed record ReleaseResult(IReadOnlyList<IPAddress> Released, IReadOnlyList<IPAddress> Unallocated);
