using System.Net;
using System.Text;
using System.Text.Json;
using Calico.Ipam.Documents;

namespace Calico.Ipam;

/// <summary>How far a claim of a block has come.</summary>
public enum AffinityState
{
    /// <summary>The block is the owner's. Documents without a state (old ones, and empty values) count as this.</summary>
    Confirmed,

    /// <summary>The owner is about to create or take the block.</summary>
    Pending,

    /// <summary>The owner is giving the block up.</summary>
    PendingDeletion,
}

/// <summary>The record that an owner has, or is about to have, a block. A hint: the block itself decides.</summary>
/// <param name="Owner">Whose.</param>
/// <param name="Block">The block's range.</param>
/// <param name="State">How far the claim has come.</param>
public sealed record BlockAffinity(AffinityOwner Owner, IPNetwork Block, AffinityState State)
{
    /// <summary>The Kubernetes datastore's mark.</summary>
    public bool Deleted { get; init; }

    internal UnknownFields Unknown { get; init; } = [];

    /// <summary>Its key.</summary>
    public string Key => IpamKeys.Affinity(Owner, Block);

    /// <summary>Reads an affinity.</summary>
    /// <param name="key">Its key, which holds owner and block.</param>
    /// <param name="json">UTF-8 text; empty means confirmed.</param>
    /// <exception cref="IpamDataException">The key or the value is not an affinity's.</exception>
    public static BlockAffinity Decode(string key, ReadOnlyMemory<byte> json)
    {
        if (!IpamKeys.TryParseAffinity(key, out AffinityOwner? owner, out IPNetwork block)) throw new IpamDataException(key, "$", "is not the key of an affinity");
        AffinityState state = AffinityState.Confirmed;
        bool deleted = false;
        UnknownFields unknown = [];
        if (!json.IsEmpty)
        {
            DocumentReader.Read(key, json.Span, (ref reader) =>
            {
                if (reader.ValueTextEquals("state"u8)) state = ParseState(key, reader.NextString());
                else if (reader.ValueTextEquals("deleted"u8)) deleted = reader.NextBoolean();
                else unknown.ReadNext(ref reader);
            });
        }

        return new BlockAffinity(owner, block, state) { Deleted = deleted, Unknown = unknown };
    }

    /// <summary>The affinity's JSON as Calico writes it.</summary>
    public byte[] Encode() => JsonText.Write(this, static (json, affinity) =>
    {
        json.WriteStartObject();
        json.WriteString("state"u8, StateText(affinity.State));
        json.WriteBoolean("deleted"u8, affinity.Deleted);
        affinity.Unknown.Write(json);
        json.WriteEndObject();
    });

    internal static string StateText(AffinityState state) => state switch
    {
        AffinityState.Pending => "pending",
        AffinityState.PendingDeletion => "pendingDeletion",
        _ => "confirmed",
    };

    private static AffinityState ParseState(string key, string? text) => text switch
    {
        "pending" => AffinityState.Pending,
        "pendingDeletion" => AffinityState.PendingDeletion,
        "confirmed" or "" or null => AffinityState.Confirmed,
        _ => throw new IpamDataException(key, "$.state", $"'{text}' is not pending, confirmed or pendingDeletion"),
    };
}
