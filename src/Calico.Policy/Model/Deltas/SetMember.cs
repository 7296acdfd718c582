using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Calico.Net;

namespace Calico.Policy.Model.Deltas;

/// <summary>A member of an IP set as bits: a prefix, and in a set of <see cref="IpSetKind.AddressAndPort"/> a protocol and a port.</summary>
public readonly struct SetMember : IEquatable<SetMember>, IComparable<SetMember>
{
    private readonly IpPrefix _prefix;
    private readonly byte _protocol;
    private readonly ushort _port;

    internal SetMember(in IpPrefix prefix, byte protocol = 0, ushort port = 0)
    {
        _prefix = prefix;
        _protocol = protocol;
        _port = port;
    }

    /// <summary>A member of a set of nets.</summary>
    public SetMember(IPNetwork network)
        : this(IpPrefix.From(network))
    {
    }

    /// <summary>A member of a set of addresses with ports.</summary>
    public SetMember(IPAddress address, IpProtocol protocol, ushort port)
        : this(IpPrefix.From(address), protocol.Number, port)
    {
    }

    internal IpPrefix Prefix => _prefix;

    /// <summary>True for IPv6.</summary>
    public bool IsIPv6 => _prefix.IsIPv6;

    /// <summary>The family of the address.</summary>
    public AddressFamily AddressFamily => _prefix.AddressFamily;

    /// <summary>The prefix length: 32 or 128 for a single address.</summary>
    public int PrefixLength => _prefix.Length;

    /// <summary>The protocol; number 0 in a set of nets.</summary>
    public IpProtocol Protocol => new(_protocol);

    /// <summary>The port, host byte order; 0 in a set of nets.</summary>
    public ushort Port => _port;

    /// <summary>The prefix.</summary>
    public IPNetwork ToIPNetwork() => _prefix.ToIPNetwork();

    /// <summary>The (first) address in network byte order.</summary>
    /// <returns>The number of octets written: 4 or 16.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The destination is too short.</exception>
    public int WriteAddress(Span<byte> destination) => _prefix.WriteNetworkOrder(destination);

    /// <summary>True when the address is one of the prefix.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _prefix.Contains(IpPrefix.From(address));
    }

    /// <inheritdoc/>
    public bool Equals(SetMember other) => _prefix == other._prefix && _protocol == other._protocol && _port == other._port;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SetMember other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _prefix.GetHashCode() ^ (_protocol << 16 | _port) * 0x45d9f3b;

    /// <summary>IPv4 first, then by address, prefix length, protocol, port.</summary>
    public int CompareTo(SetMember other)
    {
        int order = _prefix.CompareTo(other._prefix);
        if (order == 0) order = _protocol.CompareTo(other._protocol);
        return order != 0 ? order : _port.CompareTo(other._port);
    }

    /// <summary>Content equality.</summary>
    public static bool operator ==(SetMember left, SetMember right) => left.Equals(right);

    /// <summary>Content inequality.</summary>
    public static bool operator !=(SetMember left, SetMember right) => !left.Equals(right);

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <(SetMember left, SetMember right) => left.CompareTo(right) < 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >(SetMember left, SetMember right) => left.CompareTo(right) > 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <=(SetMember left, SetMember right) => left.CompareTo(right) <= 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >=(SetMember left, SetMember right) => left.CompareTo(right) >= 0;

    /// <summary>Calico's text: <c>10.0.0.0/24</c>, or <c>10.0.0.1,tcp:80</c> with a port.</summary>
    public override string ToString() => _protocol == 0
        ? _prefix.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"{_prefix.ToAddress()},{new IpProtocol(_protocol).ToString().ToLowerInvariant()}:{_port}");
}
