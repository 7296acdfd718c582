using System.Globalization;

namespace Calico.Netlink;

/// <summary>Names of the attributes of one nesting level, as the kernel headers spell them, and the levels below.</summary>
internal sealed class AttributeTable
{
    private readonly string _prefix;
    private readonly string[] _names;
    private readonly Dictionary<ushort, AttributeTable> _nested = [];
    private AttributeTable? _item;

    /// <param name="prefix">What every name begins with, such as <c>RTA_</c>.</param>
    /// <param name="names">The rest of the names from value 1 on, separated by blanks; <c>-</c> for a value without a name.</param>
    public AttributeTable(string prefix, string names)
    {
        _prefix = prefix;
        _names = names.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    public AttributeTable Nest(string name, AttributeTable table)
    {
        int index = Array.IndexOf(_names, name);
        if (index < 0) throw new ArgumentException($"{_prefix}{name} is not in the table.", nameof(name));
        _nested[(ushort)(index + 1)] = table;
        return this;
    }

    /// <summary>A list whose items are numbered as they come.</summary>
    public static AttributeTable ListOf(AttributeTable item) => new("", "") { _item = item };

    public AttributeTable? Below(ushort type) => _item ?? _nested.GetValueOrDefault(type);

    public string NameOf(ushort type) => _item is not null ? string.Create(CultureInfo.InvariantCulture, $"[{type}]") : type > 0 && type <= _names.Length && _names[type - 1] != "-"
        ? _prefix + _names[type - 1]
        : string.Create(CultureInfo.InvariantCulture, $"{_prefix}{type}");
}

/// <summary>What is known about a message type: its name, the size of its fixed header, its attributes.</summary>
internal sealed record MessageDescription(string Name, int HeaderLength, AttributeTable Attributes);
