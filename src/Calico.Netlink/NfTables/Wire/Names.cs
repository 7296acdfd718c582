using System.Text;
using CommunityToolkit.HighPerformance.Buffers;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>Names of tables, chains and sets recur in every message of a dump: one string serves them all.</summary>
internal static class Names
{
    private static readonly StringPool Pool = new(4096);

    public static string Get(ReadOnlySpan<byte> value)
    {
        int end = value.IndexOf((byte)0);
        return Pool.GetOrAdd(end < 0 ? value : value[..end], Encoding.UTF8);
    }
}
