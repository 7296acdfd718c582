using System.Net;
using Calico.Ipam.Documents;
using Calico.Net;

namespace Calico.Ipam;

/// <summary>The index entry that says in which blocks a handle has addresses. A hint that may lag; raised before the block is written, lowered after.</summary>
public sealed class IpamHandle
{
    private readonly SortedDictionary<string, int> _blocks;

    internal IpamHandle(string id, SortedDictionary<string, int> blocks, bool deleted, UnknownFields unknown)
    {
        Id = id;
        _blocks = blocks;
        Deleted = deleted;
        Unknown = unknown;
    }

    /// <summary>An empty handle.</summary>
    /// <param name="id">Its id, see <see cref="Sanitize"/>.</param>
    public IpamHandle(string id)
        : this(RequestChecks.Handle(id), new(StringComparer.Ordinal), false, [])
    {
    }

    /// <summary>The id; only the key holds it.</summary>
    public string Id { get; }

    /// <summary>The Kubernetes datastore's mark.</summary>
    public bool Deleted { get; }

    /// <summary>How many addresses there are by block.</summary>
    public IEnumerable<(IPNetwork Block, int Count)> Blocks
    {
        get
        {
            foreach ((string cidr, int count) in _blocks)
            {
                if (IpPrefix.TryParse(cidr, out IpPrefix block)) yield return (block.ToIPNetwork(), count);
            }
        }
    }

    /// <summary>How many addresses there are in all blocks.</summary>
    public int Total => _blocks.Values.Sum();

    /// <summary>Whether no block is left.</summary>
    public bool IsEmpty => _blocks.Count == 0;

    internal UnknownFields Unknown { get; }

    /// <summary>Cuts an id at its first carriage return: old host-local files have one with the interface's name behind it.</summary>
    /// <param name="id">The id as given.</param>
    public static string Sanitize(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        int cut = id.IndexOf('\r', StringComparison.Ordinal);
        return cut < 0 ? id : id[..cut];
    }

    /// <summary>Reads a handle.</summary>
    /// <param name="key">Its key, which holds the id.</param>
    /// <param name="json">UTF-8 text.</param>
    /// <exception cref="IpamDataException">It is no handle.</exception>
    public static IpamHandle Decode(string key, ReadOnlyMemory<byte> json)
    {
        if (!key.StartsWith(IpamKeys.Handles, StringComparison.Ordinal) || key.Length == IpamKeys.Handles.Length)
            throw new IpamDataException(key, "$", "is not the key of a handle");
        SortedDictionary<string, int> blocks = new(StringComparer.Ordinal);
        bool deleted = false;
        UnknownFields unknown = [];
        DocumentReader.Read(key, json.Span, (ref reader) =>
        {
            if (reader.ValueTextEquals("block"u8))
            {
                if (!reader.NextObject()) return;
                while (reader.NextProperty())
                {
                    string cidr = reader.GetString()!;
                    reader.Read();
                    blocks[cidr] = reader.GetInt32();
                }
            }
            else if (reader.ValueTextEquals("deleted"u8)) deleted = reader.NextBoolean();
            else unknown.ReadNext(ref reader);
        });
        return new IpamHandle(key[IpamKeys.Handles.Length..], blocks, deleted, unknown);
    }

    /// <summary>The handle's JSON as Calico writes it.</summary>
    public byte[] Encode() => JsonText.Write(this, static (json, handle) =>
    {
        json.WriteStartObject();
        json.WriteStartObject("block"u8);
        foreach ((string cidr, int count) in handle._blocks) json.WriteNumber(cidr, count);
        json.WriteEndObject();
        json.WriteBoolean("deleted"u8, handle.Deleted);
        handle.Unknown.Write(json);
        json.WriteEndObject();
    });

    /// <summary>How many addresses there are in one block.</summary>
    /// <param name="block">The block's range.</param>
    public int CountIn(IPNetwork block) => _blocks.GetValueOrDefault(IpPrefix.From(block).ToString());

    /// <summary>How many addresses of a family there are.</summary>
    internal int CountOf(bool ipv6) => Blocks.Where(entry => IpPrefix.From(entry.Block).IsIPv6 == ipv6).Sum(entry => entry.Count);

    /// <summary>This handle with more (or, with a negative number, fewer) addresses in a block; a block that reaches 0 goes.</summary>
    internal IpamHandle Add(in IpPrefix block, int count)
    {
        SortedDictionary<string, int> blocks = new(_blocks, StringComparer.Ordinal);
        string cidr = block.ToString();
        int sum = blocks.GetValueOrDefault(cidr) + count;
        if (sum > 0) blocks[cidr] = sum;
        else blocks.Remove(cidr);
        return new IpamHandle(Id, blocks, Deleted, Unknown);
    }
}
