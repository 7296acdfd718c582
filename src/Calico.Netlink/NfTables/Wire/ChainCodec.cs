namespace Calico.Netlink.NfTables.Wire;

/// <summary>NFTA_CHAIN_* and NFTA_HOOK_*.</summary>
internal static class ChainCodec
{
    private const ushort Table = 1, Handle = 2, Name = 3, Hook = 4, Policy = 5, Use = 6, Type = 7, Flags = 10, Id = 11, UserData = 12;
    private const ushort HookNumber = 1, HookPriority = 2, HookDevice = 3, HookDevices = 4;
    private const uint BaseFlag = 1; // NFT_CHAIN_BASE

    public static void Write(NetlinkMessageWriter writer, NftTableId table, NftChain chain)
    {
        WriteName(writer, table, chain.Name);
        if (!chain.UserData.IsEmpty) writer.Attribute(UserData, chain.UserData.Span);
        if (chain.Flags != 0) writer.AttributeUInt32BigEndian(Flags, (uint)chain.Flags);
        if (chain.Base is not { } at) return;
        writer.AttributeString(Type, at.Type);
        writer.AttributeUInt32BigEndian(Policy, (uint)at.Policy);
        using NetlinkNest hook = writer.Nest(Hook);
        writer.AttributeUInt32BigEndian(HookNumber, HookNumbers.ToKernel(table.Family, at.Hook));
        writer.AttributeUInt32BigEndian(HookPriority, (uint)at.Priority);
        if (at.Devices.Count == 1 && !DeviceCodec.IsWildcard(at.Devices[0])) writer.AttributeString(HookDevice, at.Devices[0]);
        else if (at.Devices.Count > 0) DeviceCodec.Write(writer, HookDevices, at.Devices);
    }

    /// <summary>An anonymous chain, which has an id within its transaction and no name.</summary>
    public static void WriteAnonymous(NetlinkMessageWriter writer, NftTableId table, uint id)
    {
        writer.AttributeString(Table, table.Name);
        writer.AttributeUInt32BigEndian(Id, id);
        writer.AttributeUInt32BigEndian(Flags, (uint)NftChainFlags.Binding);
    }

    public static void WriteName(NetlinkMessageWriter writer, NftTableId table, string name)
    {
        writer.AttributeString(Table, table.Name);
        writer.AttributeString(Name, name);
    }

    public static NftChain Read(in NetlinkMessage message)
    {
        NftChain chain = new("");
        NftBaseChain? at = null;
        NftVerdictCode policy = NftVerdictCode.Accept;
        string type = "filter";
        NetlinkAttributeReader reader = message.Attributes(NfTablesWire.HeaderLength);
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case Handle: chain = chain with { Handle = reader.ReadUInt64BigEndian() }; break;
                case Name: chain = chain with { Name = Names.Get(reader.Value) }; break;
                case Hook: at = ReadHook(reader.Nested(), MessageScope.Family(message)); break;
                case Policy: policy = (NftVerdictCode)(int)reader.ReadUInt32BigEndian(); break;
                case Use: chain = chain with { Uses = reader.ReadUInt32BigEndian() }; break;
                case Type: type = Names.Get(reader.Value); break;
                case Flags: chain = chain with { Flags = (NftChainFlags)(reader.ReadUInt32BigEndian() & ~BaseFlag) }; break;
                case UserData: chain = chain with { UserData = new(reader.Value) }; break;
            }
        }

        return at is null ? chain : chain with { Base = at with { Type = type, Policy = policy } };
    }

    private static NftBaseChain ReadHook(NetlinkAttributeReader reader, NftFamily family)
    {
        uint number = 0;
        int priority = 0;
        ValueList<string> devices = [];
        while (reader.MoveNext())
        {
            switch (reader.Type)
            {
                case HookNumber: number = reader.ReadUInt32BigEndian(); break;
                case HookPriority: priority = (int)reader.ReadUInt32BigEndian(); break;
                case HookDevice when devices.IsEmpty: devices = [Names.Get(reader.Value)]; break;
                case HookDevices: devices = DeviceCodec.Read(reader.Nested()); break;
            }
        }

        return new NftBaseChain("filter", HookNumbers.FromKernel(family, number), priority) { Devices = devices };
    }
}

/// <summary>Hooks have numbers of their own in some families (linux/netfilter.h, linux/netfilter_arp.h).</summary>
internal static class HookNumbers
{
    private static readonly NftHook[] Arp = [NftHook.Input, NftHook.Output, NftHook.Forward];
    private static readonly NftHook[] Netdev = [NftHook.Ingress, NftHook.Egress];
    private static readonly NftHook[] Inet = [NftHook.Prerouting, NftHook.Input, NftHook.Forward, NftHook.Output, NftHook.Postrouting, NftHook.Ingress];

    public static uint ToKernel(NftFamily family, NftHook hook)
    {
        int number = Array.IndexOf(Of(family), hook);
        return number >= 0 ? (uint)number : throw new ArgumentException($"The family {family.ToString().ToLowerInvariant()} has no hook {hook.ToString().ToLowerInvariant()}.", nameof(hook));
    }

    public static NftHook FromKernel(NftFamily family, uint number) => number < Of(family).Length ? Of(family)[number] : (NftHook)number;

    private static NftHook[] Of(NftFamily family) => family switch
    {
        NftFamily.Arp => Arp,
        NftFamily.Netdev => Netdev,
        _ => Inet,
    };
}

/// <summary>NFTA_DEVICE_*: names of devices, and since kernel 6.16 prefixes of names.</summary>
internal static class DeviceCodec
{
    private const ushort Name = 1, Prefix = 2;

    public static bool IsWildcard(string device) => device.EndsWith('*');

    public static void Write(NetlinkMessageWriter writer, ushort type, ValueList<string> devices)
    {
        using NetlinkNest nest = writer.Nest(type);
        foreach (string device in devices)
        {
            if (IsWildcard(device)) writer.AttributeString(Prefix, device.AsSpan(0, device.Length - 1));
            else writer.AttributeString(Name, device);
        }
    }

    public static ValueList<string> Read(NetlinkAttributeReader reader)
    {
        List<string> devices = [];
        while (reader.MoveNext())
        {
            if (reader.Type == Name) devices.Add(Names.Get(reader.Value));
            else if (reader.Type == Prefix) devices.Add(Names.Get(reader.Value) + "*");
        }

        return new([.. devices]);
    }
}
