using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>What an interpreted rule asks the kernel for. Override what the rules need; the defaults answer that there is nothing.</summary>
public class NftEnvironment
{
    /// <summary>Nanoseconds of a clock that does not go back, for limits, timeouts and <c>last</c>.</summary>
    public virtual long NowNanoseconds => 0;

    /// <summary>The wall clock, for <c>meta time</c>, <c>day</c> and <c>hour</c>.</summary>
    public virtual DateTimeOffset WallClock => DateTimeOffset.UnixEpoch;

    /// <summary>A random number, for <c>numgen random</c> and <c>meta random</c>.</summary>
    /// <returns>32 bits.</returns>
    public virtual uint NextRandom() => 0;

    /// <summary>A route lookup.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="flags">What is asked with.</param>
    /// <returns>The route; null when there is none.</returns>
    public virtual NftFibAnswer? LookUpRoute(NftPacket packet, NftFibFlags flags) => null;

    /// <summary>A value of the packet's route.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="key">What.</param>
    /// <returns>The value as a register holds it; null breaks the rule.</returns>
    public virtual NftValue? Route(NftPacket packet, NftRtKey key) => null;

    /// <summary>A value of the socket that will get the packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="key">What.</param>
    /// <param name="level">The cgroup level.</param>
    /// <returns>The value as a register holds it; null breaks the rule.</returns>
    public virtual NftValue? Socket(NftPacket packet, NftSocketKey key, uint level) => null;

    /// <summary>Whether a local socket takes a packet by tproxy.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="address">The address asked for; empty for the packet's interface's.</param>
    /// <param name="port">The port asked for; 0 for the packet's.</param>
    /// <returns>False breaks the rule.</returns>
    public virtual bool TransparentProxy(NftPacket packet, NftValue address, ushort port) => false;

    /// <summary>The symmetric hash of the packet's flow, for <c>symhash</c>.</summary>
    /// <param name="packet">The packet.</param>
    /// <returns>32 bits.</returns>
    public virtual uint SymmetricHash(NftPacket packet) => 0;

    /// <summary>A value only the kernel has: <c>osf</c>, <c>xfrm</c>, <c>tunnel</c>, rare metadata.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="expression">The expression.</param>
    /// <returns>The value as a register holds it; null breaks the rule.</returns>
    public virtual NftValue? Other(NftPacket packet, NftExpression expression) => null;
}

/// <summary>What a route lookup answers.</summary>
/// <param name="OutputInterface">The interface the route goes out by.</param>
/// <param name="AddressType">The route's type: RTN_UNICAST 1, RTN_LOCAL 2, RTN_BROADCAST 3, RTN_BLACKHOLE 6…</param>
public sealed record NftFibAnswer(NftInterface OutputInterface, uint AddressType = 1);
