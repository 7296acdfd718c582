using System.Globalization;

namespace Calico.Netlink;

/// <summary>What the kernel's policy says an attribute must be (linux/netlink.h, NL_POLICY_TYPE_ATTR_*).</summary>
/// <param name="Type">NL_ATTR_TYPE_*: 2 is u8, 3 u16, 4 u32, 5 u64, 6 to 9 signed, 10 binary, 11 string, 12 NUL-terminated string, 13 nested.</param>
/// <param name="Minimum">The least unsigned value, or the least length of binary and text.</param>
/// <param name="Maximum">The greatest unsigned value, or the greatest length of binary and text.</param>
/// <param name="Mask">The bits a bit field may have, or null.</param>
public sealed record NetlinkPolicy(uint Type, ulong? Minimum, ulong? Maximum, ulong? Mask)
{
    internal static NetlinkPolicy Decode(NetlinkAttributeReader reader)
    {
        uint type = 0;
        ulong? minimum = null, maximum = null, mask = null;
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case 1: type = reader.ReadUInt32(); break;
                case 2 or 4: minimum = reader.ReadUInt64(); break;
                case 3 or 5: maximum = reader.ReadUInt64(); break;
                case 6: minimum = reader.ReadUInt32(); break;
                case 7: maximum = reader.ReadUInt32(); break;
                case 10: mask = reader.ReadUInt32(); break;
                case 12: mask = reader.ReadUInt64(); break;
            }
        }

        return new NetlinkPolicy(type, minimum, maximum, mask);
    }

    /// <summary>A short text such as <c>u32 within 1..4096</c>.</summary>
    public override string ToString()
    {
        string kind = Type switch
        {
            1 => "flag", 2 => "u8", 3 => "u16", 4 => "u32", 5 => "u64", 6 => "s8", 7 => "s16", 8 => "s32", 9 => "s64",
            10 => "binary", 11 => "string", 12 => "NUL-terminated string", 13 => "nested", 14 => "nested array", 15 => "bit field",
            _ => string.Create(CultureInfo.InvariantCulture, $"type {Type}"),
        };
        string range = (Minimum, Maximum) switch
        {
            (null, null) => "",
            (ulong least, null) => string.Create(CultureInfo.InvariantCulture, $" of at least {least}"),
            (null, ulong most) => string.Create(CultureInfo.InvariantCulture, $" of at most {most}"),
            (ulong least, ulong most) => string.Create(CultureInfo.InvariantCulture, $" within {least}..{most}"),
        };
        return Mask is ulong bits ? string.Create(CultureInfo.InvariantCulture, $"{kind}{range} with bits 0x{bits:x}") : kind + range;
    }
}
