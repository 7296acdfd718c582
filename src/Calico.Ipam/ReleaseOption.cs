using System.Net;

namespace Calico.Ipam;

/// <summary>One address to release, with what must hold for it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Handle">The handle that it must be under; null releases it whatever its handle.</param>
/// <param name="SequenceNumber">The sequence number that it must have been allocated with; null for any. Pass it whenever the decision to release was made earlier than now.</param>
public sealed record ReleaseOption(IPAddress Address, string? Handle = null, ulong? SequenceNumber = null);
