using System.Globalization;
using Calico.Policy.Model;

namespace Calico.Policy.Resources;

/// <summary>An IP protocol by number or name, as written (Calico <c>numorstring.Protocol</c>). Whether the name is known is for validation to say.</summary>
public readonly record struct Protocol
{
    private readonly string? _name;

    private Protocol(byte number, string? name)
    {
        Number = number;
        _name = name;
    }

    /// <summary>By number, 0–255.</summary>
    public Protocol(byte number)
        : this(number, null)
    {
    }

    /// <summary>By name; well-known names get Calico's spelling, digits up to 255 become a number.</summary>
    public Protocol(string text)
    {
        if (byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out byte number))
            Number = number;
        else
            _name = IpProtocol.TryParse(text, out IpProtocol known) ? known.ToString() : text;
    }

    /// <summary>The number, when written as one.</summary>
    public byte Number { get; }

    /// <summary>The name, when written as one.</summary>
    public string? Name => _name;

    /// <summary>The protocol, unless the name is unknown.</summary>
    public IpProtocol? Resolve() =>
        _name is null ? new IpProtocol(Number) : IpProtocol.TryParse(_name, out IpProtocol known) ? known : null;

    /// <summary>Whether rules on ports may go with it: TCP, UDP, SCTP by name or number.</summary>
    public bool SupportsPorts => Resolve() is { Number: 6 or 17 or 132 };

    /// <summary>The name, or the number in decimal.</summary>
    public override string ToString() => _name ?? Number.ToString(CultureInfo.InvariantCulture);
}
