namespace Calico.Lab.Changes;

/// <summary>What one change did: how long until it was in force, and what the flows that should survive it lost.</summary>
internal sealed record ChangeResult(string Change, TimeSpan? InForceAfter, int UdpSent, int UdpLost, TimeSpan TcpStall, bool TcpBroken, string? Problem = null)
{
    public bool Ok => Problem is null && UdpLost == 0 && !TcpBroken;
}
