using System.Text;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>Names of tables, chains and sets recur in every message of a dump: one string serves them all. Safe from any thread: a slot is one reference.</summary>
internal static class Names
{
    private const int Slots = 16_384;

    private static readonly string?[] Known = new string?[Slots];

    public static string Get(ReadOnlySpan<byte> value)
    {
        int end = value.IndexOf((byte)0);
        if (end >= 0) value = value[..end];
        uint hash = 2_166_136_261; // FNV-1a
        foreach (byte b in value) hash = (hash ^ b) * 16_777_619;
        ref string? slot = ref Known[(hash ^ (hash >> 16)) % Slots];
        return slot is { } known && Ascii.Equals(value, known) ? known : slot = Encoding.UTF8.GetString(value);
    }
}
