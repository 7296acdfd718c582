namespace Calico.Netlink;

/// <summary>A filter of a queueing discipline (linux/pkt_cls.h). The kernel shows some kinds as several of these: of a u32 filter the hash table too.</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Parent">The queueing discipline it hangs at.</param>
/// <param name="Priority">Its preference: lower is asked first.</param>
/// <param name="Kind">Its kind's name: "u32", "bpf"….</param>
public sealed record TrafficFilter(int InterfaceIndex, uint Parent, ushort Priority, string Kind)
{
    /// <summary>The EtherType it sees, host byte order; 3 (ETH_P_ALL) for every packet.</summary>
    public ushort Protocol { get; init; } = 3;

    /// <summary>The interface whose way out packets are redirected to (act_mirred); 0 for none.</summary>
    public int RedirectTo { get; init; }

    internal static bool TryDecode(in NetlinkMessage message, out TrafficFilter filter) => FilterMessages.TryDecode(message, out filter);
}
