using System.Runtime.InteropServices;

namespace Calico.Netlink.NfTables.Wire;

/// <summary>What was decoded from bytes that come again and again: in a dump most expressions, and many rules, are the same in thousands of chains.</summary>
/// <remarks>A slot is taken at the second sight of the same bytes, so that what occurs once is never copied. Not thread-safe: one for each dump.</remarks>
internal sealed class RecurringBytes<T>
{
    private const int Slots = 512;

    private Slot[]? _slots;

    public bool TryGet(ReadOnlySpan<byte> bytes, out ulong hash, out T value)
    {
        hash = Hash(bytes);
        if (_slots is null)
        {
            value = default!;
            return false;
        }

        ref Slot slot = ref _slots[hash % Slots];
        value = slot.Value!;
        return slot.Hash == hash && slot.Bytes is not null && bytes.SequenceEqual(slot.Bytes);
    }

    public void Add(ReadOnlySpan<byte> bytes, ulong hash, T value)
    {
        ref Slot slot = ref (_slots ??= new Slot[Slots])[hash % Slots];
        slot = slot.Hash == hash ? new Slot(hash, bytes.ToArray(), value) : new Slot(hash, null, default);
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
        ulong hash = (ulong)bytes.Length + 1;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) hash = (hash ^ word) * Multiplier ^ (hash >> 29);
        foreach (byte b in bytes[(words.Length * sizeof(ulong))..]) hash = (hash ^ b) * Multiplier;
        return hash ^ (hash >> 32);
    }

    private readonly record struct Slot(ulong Hash, byte[]? Bytes, T? Value);
}

/// <summary>The expressions of one dump, each decoded once.</summary>
internal sealed class ExpressionCache
{
    public RecurringBytes<ValueList<Expressions.NftExpression>> Lists { get; } = new();

    public RecurringBytes<Expressions.NftExpression> Single { get; } = new();
}
