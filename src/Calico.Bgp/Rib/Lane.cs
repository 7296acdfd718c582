namespace Calico.Bgp;

/// <summary>
/// A reader of a <see cref="Rib"/> at its own pace: what has changed since it looked, the last state alone.
/// </summary>
/// <remarks>
/// Memory is bounded whatever the pace: a slot is noted once however often it changes. A new lane walks the table from the start; changes ahead
/// of the walk need no note.
/// </remarks>
internal abstract class Lane(Rib rib)
{
    private readonly SlotSet _noted = new();
    private readonly List<int> _dirty = [];
    private int _taken;
    private int _walk = 1;
    private int _walkEnd = rib.SlotLimit;

    public Rib Rib { get; } = rib;

    public bool IsClean => _taken == _dirty.Count && _walk >= _walkEnd;

    /// <summary>Whether nothing has been taken since the walk began: another reader can still join.</summary>
    public bool IsUntouched { get; private set; } = true;

    public int Pending => _dirty.Count - _taken + Math.Max(0, _walkEnd - _walk);

    public void Mark(int slot)
    {
        if (slot >= _walk && slot < _walkEnd) return;
        if (_noted.Add(slot)) _dirty.Add(slot);
    }

    /// <summary>Walks the whole table again.</summary>
    public void WalkAgain()
    {
        _walk = 1;
        _walkEnd = Rib.SlotLimit;
        IsUntouched = true;
    }

    /// <summary>Whether the lane still refers to an empty slot.</summary>
    public bool Needs(int slot) => (slot >= _walk && slot < _walkEnd) || _noted.Contains(slot) || Remembers(slot);

    protected abstract bool Remembers(int slot);

    /// <summary>Takes slots to look at; 0 when clean.</summary>
    protected int Take(Span<int> slots)
    {
        int count = 0;
        IsUntouched = false;
        while (count < slots.Length && _taken < _dirty.Count)
        {
            int slot = _dirty[_taken++];
            _noted.Remove(slot);
            slots[count++] = slot;
        }

        if (_taken == _dirty.Count)
        {
            _dirty.Clear();
            _taken = 0;
        }

        while (count < slots.Length && _walk < _walkEnd)
        {
            int slot = _walk++;
            if (Rib.Head(slot) != 0 || Remembers(slot)) slots[count++] = slot;
        }

        return count;
    }

    /// <summary>Continues where another lane stands.</summary>
    protected void CopyPosition(Lane other)
    {
        _walk = other._walk;
        _walkEnd = other._walkEnd;
        IsUntouched = other.IsUntouched;
        for (int i = other._taken; i < other._dirty.Count; i++) Mark(other._dirty[i]);
    }
}
