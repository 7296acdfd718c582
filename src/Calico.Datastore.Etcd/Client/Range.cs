using System.Text;
using Google.Protobuf;

namespace Calico.Datastore.Etcd.Client;

/// <summary>Keys and prefixes as etcd's byte ranges, and its values as ours.</summary>
internal static class Range
{
    public static ByteString Key(string key) => ByteString.CopyFromUtf8(key);

    /// <summary>First key and end of the range of a prefix; the empty prefix is all keys.</summary>
    public static (ByteString Key, ByteString End) Prefix(string prefix)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(prefix);
        byte[] end = (byte[])bytes.Clone();
        for (int i = end.Length - 1; i >= 0; i--)
        {
            if (end[i] == 0xff) continue;
            end[i]++;
            return (UnsafeByteOperations.UnsafeWrap(bytes), UnsafeByteOperations.UnsafeWrap(end.AsMemory(0, i + 1)));
        }

        return (ByteString.CopyFrom(0), ByteString.CopyFrom(0));
    }

    public static KeyValue Item(Wire.StoredKeyValue stored) =>
        new(stored.Key.ToStringUtf8(), stored.Value.Memory, stored.CreateRevision, stored.ModRevision, stored.Lease);
}
