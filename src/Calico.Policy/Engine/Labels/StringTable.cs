namespace Calico.Policy.Engine.Labels;

/// <summary>Texts as small numbers, counted so that a text no label or selector uses any more is forgotten and its number used again.</summary>
internal sealed class StringTable
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Stack<int> _free = new();
    private string?[] _texts = new string?[256];
    private int[] _uses = new int[256];
    private int _next;

    public string this[int id] => _texts[id]!;

    public int Count => _ids.Count;

    public int Acquire(string text)
    {
        if (_ids.TryGetValue(text, out int id))
        {
            _uses[id]++;
            return id;
        }

        if (!_free.TryPop(out id))
        {
            id = _next++;
            if (id == _texts.Length)
            {
                Array.Resize(ref _texts, id * 2);
                Array.Resize(ref _uses, id * 2);
            }
        }

        _texts[id] = text;
        _uses[id] = 1;
        _ids.Add(text, id);
        return id;
    }

    public void AddUse(int id) => _uses[id]++;

    public void Release(int id)
    {
        if (--_uses[id] > 0) return;
        _ids.Remove(_texts[id]!);
        _texts[id] = null;
        _free.Push(id);
    }
}
