using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Calico.Ipam.Engine;

/// <summary>The package's meter and activity source, both named <c>Calico.Ipam</c>.</summary>
internal static class IpamMetrics
{
    public const string Name = "Calico.Ipam";

    public static readonly ActivitySource Activities = new(Name);

    public static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Assigned = Meter.CreateCounter<long>("calico.ipam.assigned", "{address}", "Addresses assigned.");

    public static readonly Counter<long> Released = Meter.CreateCounter<long>("calico.ipam.released", "{address}", "Addresses released.");

    public static readonly Counter<long> Claimed = Meter.CreateCounter<long>("calico.ipam.blocks.claimed", "{block}", "Blocks claimed.");

    public static readonly Counter<long> Conflicts = Meter.CreateCounter<long>("calico.ipam.conflicts", "{commit}", "Commits that lost against another writer.");
}
