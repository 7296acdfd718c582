using System.Diagnostics.CodeAnalysis;
using Calico.Policy.Selectors;

namespace Calico.Policy.Engine.Policies;

/// <summary>Parsed selectors by text: the same few texts come again and again with every policy that is read.</summary>
internal sealed class SelectorCache
{
    private const int Capacity = 16384;
    private readonly Dictionary<string, Selector> _parsed = new(StringComparer.Ordinal);

    public bool TryGet(string? text, [NotNullWhen(true)] out Selector? selector, out SelectorError error)
    {
        error = default;
        if (string.IsNullOrWhiteSpace(text))
        {
            selector = Selector.All;
            return true;
        }

        if (_parsed.TryGetValue(text, out selector)) return true;
        if (!Selector.TryParse(text, out selector, out error)) return false;
        if (_parsed.Count == Capacity) _parsed.Clear();
        _parsed.Add(text, selector);
        return true;
    }
}
