namespace Calico.Ipam.Blocks;

/// <summary>The number that each ordinal was allocated with, where there is one.</summary>
internal readonly struct SequenceNumbers
{
    private const ulong None = ulong.MaxValue;

    private readonly ulong[] _numbers;

    public SequenceNumbers(int size)
    {
        _numbers = new ulong[size];
        Array.Fill(_numbers, None);
    }

    private SequenceNumbers(ulong[] numbers) => _numbers = numbers;

    public ulong this[int ordinal]
    {
        get => _numbers[ordinal];
        set => _numbers[ordinal] = value;
    }

    public bool TryGetValue(int ordinal, out ulong number)
    {
        number = _numbers[ordinal];
        return number != None;
    }

    public void Remove(int ordinal) => _numbers[ordinal] = None;

    public SequenceNumbers Clone() => new((ulong[])_numbers.Clone());
}
