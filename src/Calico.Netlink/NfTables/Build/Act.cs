using System.Net;
using System.Net.Sockets;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>What a rule does with the packets that match.</summary>
public static class Act
{
    /// <summary><c>accept</c></summary>
    public static NftStatement Accept { get; } = Verdict(NftVerdict.Accept);

    /// <summary><c>drop</c></summary>
    public static NftStatement Drop { get; } = Verdict(NftVerdict.Drop);

    /// <summary><c>return</c></summary>
    public static NftStatement Return { get; } = Verdict(NftVerdict.Return);

    /// <summary><c>continue</c></summary>
    public static NftStatement Continue { get; } = Verdict(NftVerdict.Continue);

    /// <summary><c>counter</c></summary>
    public static NftStatement Counter { get; } = NftStatement.Raw(new CounterExpression());

    /// <summary><c>notrack</c></summary>
    public static NftStatement Notrack { get; } = NftStatement.Raw(new NotrackExpression());

    /// <summary><c>masquerade</c></summary>
    /// <param name="flags">Random, persistent…</param>
    /// <param name="ports">The ports to use, inclusive; null leaves them to the kernel.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Masquerade(NftNatFlags flags = NftNatFlags.None, (ushort First, ushort Last)? ports = null) => new ActionStatement(c =>
    {
        (NftRegister? min, NftRegister? max) = LoadPorts(c, ports, 0);
        c.Emit(new MasqueradeExpression { Flags = flags, PortMin = min, PortMax = max });
    });

    /// <summary><c>redirect</c></summary>
    /// <param name="ports">The ports to use, inclusive; null keeps the packet's.</param>
    /// <param name="flags">Random, persistent…</param>
    /// <returns>The statement.</returns>
    public static NftStatement Redirect((ushort First, ushort Last)? ports = null, NftNatFlags flags = NftNatFlags.None) => new ActionStatement(c =>
    {
        (NftRegister? min, NftRegister? max) = LoadPorts(c, ports, 0);
        c.Emit(new RedirectExpression { Flags = flags, PortMin = min, PortMax = max });
    });

    /// <summary><c>snat to</c></summary>
    /// <param name="address">The source address to use.</param>
    /// <param name="ports">The ports to use, inclusive; null leaves them to the kernel.</param>
    /// <param name="flags">Random, persistent…</param>
    /// <returns>The statement.</returns>
    public static NftStatement SourceNat(IPAddress address, (ushort First, ushort Last)? ports = null, NftNatFlags flags = NftNatFlags.None) => Nat(false, address, ports, flags);

    /// <summary><c>dnat to</c></summary>
    /// <param name="address">The destination address to use.</param>
    /// <param name="ports">The ports to use, inclusive; null keeps the packet's.</param>
    /// <param name="flags">Random, persistent…</param>
    /// <returns>The statement.</returns>
    public static NftStatement DestinationNat(IPAddress address, (ushort First, ushort Last)? ports = null, NftNatFlags flags = NftNatFlags.None) => Nat(true, address, ports, flags);

    /// <summary>A verdict.</summary>
    /// <param name="verdict">The verdict.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Verdict(NftVerdict verdict) => NftStatement.Raw(new VerdictExpression(verdict));

    /// <summary><c>jump</c></summary>
    /// <param name="chain">The chain.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Jump(string chain) => Verdict(NftVerdict.Jump(chain));

    /// <summary><c>jump { … }</c>: an anonymous chain of this rule alone.</summary>
    /// <param name="rules">The chain's rules; the kernel takes no anonymous chain inside another.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Jump(params ReadOnlySpan<NftRule> rules) => Anonymous(NftVerdictCode.Jump, rules);

    /// <summary><c>goto</c></summary>
    /// <param name="chain">The chain.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Goto(string chain) => Verdict(NftVerdict.Goto(chain));

    /// <summary><c>goto { … }</c>: an anonymous chain of this rule alone.</summary>
    /// <param name="rules">The chain's rules; the kernel takes no anonymous chain inside another.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Goto(params ReadOnlySpan<NftRule> rules) => Anonymous(NftVerdictCode.Goto, rules);

    private static NftStatement Anonymous(NftVerdictCode code, ReadOnlySpan<NftRule> rules) => NftStatement.Raw(
        new VerdictExpression(new NftVerdict(code, NftChain.AnonymousName)) { Anonymous = new NftChain(NftChain.AnonymousName) { Flags = NftChainFlags.Binding, Rules = ValueList.Create(rules) } });

    /// <summary><c>counter name</c>, <c>quota name</c>…: a named object.</summary>
    /// <param name="type">Its kind.</param>
    /// <param name="name">Its name.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Object(NftObjectType type, string name) => NftStatement.Raw(new ObjrefExpression { ObjectType = type, ObjectName = name });

    /// <summary><c>counter name</c>.</summary>
    /// <param name="name">The named counter.</param>
    /// <returns>The statement.</returns>
    public static NftStatement NamedCounter(string name) => Object(NftObjectType.Counter, name);

    /// <summary><c>log</c> to the kernel log.</summary>
    /// <param name="prefix">What each line begins with.</param>
    /// <param name="level">The level; null is warning.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Log(string? prefix = null, NftLogLevel? level = null) => NftStatement.Raw(new LogExpression { Prefix = prefix, Level = level });

    /// <summary><c>log group</c>: to an nflog socket.</summary>
    /// <param name="group">The group.</param>
    /// <param name="prefix">What goes beside each packet.</param>
    /// <param name="snapLength">How many bytes of each packet; 0 is all.</param>
    /// <param name="queueThreshold">How many packets are gathered; 0 leaves it to the socket.</param>
    /// <returns>The statement.</returns>
    public static NftStatement LogGroup(ushort group, string? prefix = null, uint snapLength = 0, ushort queueThreshold = 0) =>
        NftStatement.Raw(new LogExpression { Group = group, Prefix = prefix, SnapLength = snapLength, QueueThreshold = queueThreshold });

    /// <summary><c>reject</c>: port unreachable, of whichever family fits.</summary>
    /// <returns>The statement.</returns>
    public static NftStatement Reject() => new ActionStatement(c => c.Emit((c.Family, c.Network) switch
    {
        (_, 2) => new RejectExpression(NftRejectType.IcmpUnreachable, 3),
        (_, 10) => new RejectExpression(NftRejectType.IcmpUnreachable, 4),
        _ => new RejectExpression(NftRejectType.IcmpxUnreachable, 1),
    }));

    /// <summary><c>reject with icmpx</c>.</summary>
    /// <param name="code">0 no route, 1 port, 2 host, 3 administratively prohibited.</param>
    /// <returns>The statement.</returns>
    public static NftStatement RejectWithIcmpx(byte code) => NftStatement.Raw(new RejectExpression(NftRejectType.IcmpxUnreachable, code));

    /// <summary><c>reject with tcp reset</c>.</summary>
    /// <returns>The statement.</returns>
    public static NftStatement RejectWithTcpReset() => new ActionStatement(c =>
    {
        c.RequireTransport(6, "reject with tcp reset");
        c.Emit(new RejectExpression(NftRejectType.TcpReset, 0));
    });

    /// <summary><c>limit rate</c>: breaks above the rate.</summary>
    /// <param name="rate">Packets for each unit.</param>
    /// <param name="unitSeconds">1, 60, 3600, 86400 or 604800.</param>
    /// <param name="burst">How many packets more a burst may have.</param>
    /// <param name="over">Breaks below the rate, instead.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Limit(ulong rate, ulong unitSeconds = 1, uint burst = 5, bool over = false) => NftStatement.Raw(new LimitExpression(rate, unitSeconds, burst, false, over));

    /// <summary><c>limit rate … bytes</c>: breaks above the rate.</summary>
    /// <param name="rate">Bytes for each unit.</param>
    /// <param name="unitSeconds">1, 60, 3600, 86400 or 604800.</param>
    /// <param name="burst">How many bytes more a burst may have.</param>
    /// <param name="over">Breaks below the rate, instead.</param>
    /// <returns>The statement.</returns>
    public static NftStatement LimitBytes(ulong rate, ulong unitSeconds = 1, uint burst = 0, bool over = false) => NftStatement.Raw(new LimitExpression(rate, unitSeconds, burst, true, over));

    /// <summary><c>ct count</c>: breaks above a number of connections.</summary>
    /// <param name="count">The number.</param>
    /// <param name="over">Breaks up to it, instead.</param>
    /// <returns>The statement.</returns>
    public static NftStatement ConnLimit(uint count, bool over = false) => NftStatement.Raw(new ConnLimitExpression(count, over));

    /// <summary><c>meta mark set</c>, whole or some bits.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mask">The bits that are set to it; the others stay.</param>
    /// <returns>The statement.</returns>
    public static NftStatement SetMark(uint value, uint mask = uint.MaxValue) => SetMark(MarkSource(Field.Mark, value, mask));

    /// <summary><c>meta mark set</c> to a field, for example a map's data.</summary>
    /// <param name="source">The field, 4 bytes.</param>
    /// <returns>The statement.</returns>
    public static NftStatement SetMark(NftField source) => Set(source, r => new MetaSetExpression(NftMetaKey.Mark, r));

    /// <summary><c>ct mark set</c>, whole or some bits.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mask">The bits that are set to it; the others stay.</param>
    /// <returns>The statement.</returns>
    public static NftStatement SetCtMark(uint value, uint mask = uint.MaxValue) => SetCtMark(MarkSource(Field.CtMark, value, mask));

    /// <summary><c>ct mark set</c> to a field.</summary>
    /// <param name="source">The field, 4 bytes.</param>
    /// <returns>The statement.</returns>
    public static NftStatement SetCtMark(NftField source) => Set(source, r => new CtSetExpression(NftCtKey.Mark, r));

    /// <summary><c>ct zone set</c>; only before conntrack, at priority raw.</summary>
    /// <param name="zone">The zone.</param>
    /// <returns>The statement.</returns>
    public static NftStatement SetCtZone(ushort zone) => NftStatement.Raw(new ImmediateExpression(NftRegister.R1, NftValue.HostOrder(zone)), new CtSetExpression(NftCtKey.Zone, NftRegister.R1));

    /// <summary><c>meta nftrace set</c>: the packet's way is reported to monitors.</summary>
    /// <param name="on">On or off.</param>
    /// <returns>The statement.</returns>
    public static NftStatement SetTrace(bool on) => NftStatement.Raw(new ImmediateExpression(NftRegister.R1, NftValue.Byte(on ? (byte)1 : (byte)0)), new MetaSetExpression(NftMetaKey.Trace, NftRegister.R1));

    /// <summary><c>ip dscp set</c> and <c>ip6 dscp set</c>, by the family the rule is guarded for.</summary>
    /// <param name="dscp">The code point, 0 to 63.</param>
    /// <param name="ipv6">IPv6 instead of IPv4.</param>
    /// <returns>The statement.</returns>
    public static NftStatement SetDscp(byte dscp, bool ipv6 = false)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dscp, 63);
        return new ActionStatement(c =>
        {
            if (ipv6) c.RequireIpv6("ip6 dscp");
            else c.RequireIpv4("ip dscp");
            (ushort mask, ushort bits) = ipv6 ? ((ushort)0xf03f, (ushort)(dscp << 6)) : ((ushort)0xff03, (ushort)(dscp << 2));
            c.Emit(new PayloadExpression(NftRegister.R1, NftPayloadBase.Network, 0, 2));
            c.Emit(new BitwiseExpression(NftRegister.R1, NftRegister.R1, NftValue.NetworkOrder(mask), NftValue.NetworkOrder(bits)));
            c.Emit(new PayloadWriteExpression(NftRegister.R1, NftPayloadBase.Network, 0, 2, ipv6 ? NftChecksumType.None : NftChecksumType.Inet, ipv6 ? 0u : 10u, false));
        });
    }

    /// <summary><c>add @set { field }</c> or <c>update @set { field }</c>: puts an element into a dynamic set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="key">The element's key.</param>
    /// <param name="operation">Add, update or delete.</param>
    /// <param name="timeout">How long it lives; zero leaves it to the set.</param>
    /// <param name="expressions">Stateful expressions of the element.</param>
    /// <returns>The statement.</returns>
    public static NftStatement UpdateSet(string set, NftField key, NftDynsetOperation operation = NftDynsetOperation.Update, TimeSpan timeout = default, params ReadOnlySpan<NftExpression> expressions)
    {
        ArgumentNullException.ThrowIfNull(key);
        ValueList<NftExpression> state = ValueList.Create(expressions);
        return new ActionStatement(c =>
        {
            key.LoadGuarded(c);
            c.Emit(new DynsetExpression(set, operation, NftRegister.R1) { Timeout = timeout, Expressions = state });
        });
    }

    /// <summary><c>queue</c>: to user space.</summary>
    /// <param name="number">The first queue.</param>
    /// <param name="total">How many queues.</param>
    /// <param name="flags">Bypass, fanout.</param>
    /// <returns>The statement.</returns>
    public static NftStatement Queue(ushort number, ushort total = 1, NftQueueFlags flags = NftQueueFlags.None) => NftStatement.Raw(new QueueExpression(number, total, flags));

    /// <summary><c>flow add</c>: the packet's established flow skips the chains from now on.</summary>
    /// <param name="flowTable">The flow table.</param>
    /// <returns>The statement.</returns>
    public static NftStatement FlowOffload(string flowTable) => NftStatement.Raw(new FlowOffloadExpression(flowTable));

    private static NftField MarkSource(NftField mark, uint value, uint mask) => mask == uint.MaxValue
        ? Field.Constant(NftType.Mark, NftValue.HostOrder(value))
        : mark.Bits(NftValue.HostOrder(~mask), NftValue.HostOrder(value & mask));

    private static ActionStatement Set(NftField source, Func<NftRegister, NftExpression> store)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ActionStatement(c =>
        {
            source.LoadGuarded(c);
            c.Emit(store(NftRegister.R1));
        });
    }

    private static ActionStatement Nat(bool destination, IPAddress address, (ushort First, ushort Last)? ports, NftNatFlags flags)
    {
        ArgumentNullException.ThrowIfNull(address);
        bool ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        return new ActionStatement(c =>
        {
            if (ipv6) c.RequireIpv6("nat");
            else c.RequireIpv4("nat");
            c.Emit(new ImmediateExpression(NftRegister.R1, NftValue.Address(address)));
            (NftRegister? min, NftRegister? max) = LoadPorts(c, ports, 4);
            c.Emit(new NatExpression(destination, ipv6 ? NftFamily.Ip6 : NftFamily.Ip) { AddressMin = NftRegister.R1, PortMin = min, PortMax = max, Flags = flags });
        });
    }

    private static (NftRegister? Min, NftRegister? Max) LoadPorts(RuleCompiler compiler, (ushort First, ushort Last)? ports, int word)
    {
        if (ports is not { } range) return (null, null);
        NftRegister min = NftRegisters.FromWord(word), max = NftRegisters.FromWord(word + 4);
        compiler.Emit(new ImmediateExpression(min, NftValue.NetworkOrder(range.First)));
        if (range.Last == range.First) return (min, null);
        compiler.Emit(new ImmediateExpression(max, NftValue.NetworkOrder(range.Last)));
        return (min, max);
    }
}
