using Calico.Policy.Model;

namespace Calico.Policy.Engine.Labels;

/// <summary>A label as one number: the name's id in the upper half, the value's in the lower. Sorted arrays of them are sorted by name.</summary>
internal static class LabelPairs
{
    public static ulong Make(int name, int value) => (ulong)(uint)name << 32 | (uint)value;

    public static int Name(ulong pair) => (int)(pair >> 32);

    public static int Value(ulong pair) => (int)(uint)pair;

    /// <summary>The value's id under a name, or -1.</summary>
    public static int Find(ReadOnlySpan<ulong> pairs, int name)
    {
        // Endpoints have a handful of labels: a scan beats a binary search.
        foreach (ulong pair in pairs)
        {
            if ((int)(pair >> 32) == name) return (int)(uint)pair;
        }

        return -1;
    }

    /// <summary>Numbers the labels and counts a use of each text.</summary>
    public static int Acquire(StringTable texts, LabelMap labels, ref ulong[] buffer)
    {
        ReadOnlySpan<KeyValuePair<string, string>> entries = labels.AsSpan();
        if (buffer.Length < entries.Length) buffer = new ulong[entries.Length * 2];
        for (int i = 0; i < entries.Length; i++) buffer[i] = Make(texts.Acquire(entries[i].Key), texts.Acquire(entries[i].Value));
        buffer.AsSpan(0, entries.Length).Sort();
        return entries.Length;
    }

    public static void Release(StringTable texts, ReadOnlySpan<ulong> pairs)
    {
        foreach (ulong pair in pairs)
        {
            texts.Release(Name(pair));
            texts.Release(Value(pair));
        }
    }
}
