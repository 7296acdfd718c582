using System.Numerics;

namespace Calico.Dataplane.Compile;

internal static class Marks
{
    /// <summary>Set on packets that preDNAT or doNotTrack policy accepted: the host's other policies do not look at them again. The lowest bit of our mask.</summary>
    public static uint HostAccepted(DataplaneOptions options) => 1u << BitOperations.TrailingZeroCount(options.MarkMask);
}
