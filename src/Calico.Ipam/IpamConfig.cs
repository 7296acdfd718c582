using Calico.Ipam.Documents;

namespace Calico.Ipam;

/// <summary>The cluster's IPAM settings (key <c>/calico/ipam/v2/config</c>). Immutable.</summary>
public sealed record IpamConfig
{
    /// <summary>The longest cool-down that Calico takes, in seconds.</summary>
    public const int MaxCooldownSeconds = 1200;

    /// <summary>The number of blocks a host may have when neither request nor configuration gives one.</summary>
    public const int DefaultMaxBlocksPerHost = 20;

    /// <summary>What holds when there is no document: borrowing allowed, blocks made when needed, no cool-down.</summary>
    public static IpamConfig Default { get; } = new() { AutoAllocateBlocks = true };

    /// <summary>Hosts take addresses of their own blocks only (JSON <c>strict_affinity</c>).</summary>
    public bool StrictAffinity { get; init; }

    /// <summary>Hosts claim new blocks when they need them (JSON <c>auto_allocate_blocks</c>). A document without the field means false.</summary>
    public bool AutoAllocateBlocks { get; init; }

    /// <summary>The most blocks that a host may claim; 0 means <see cref="DefaultMaxBlocksPerHost"/> (JSON <c>maxBlocksPerHost</c>).</summary>
    public int MaxBlocksPerHost { get; init; }

    /// <summary>Whether a virtual machine keeps its address over migration and restart; null when the document does not say, which means yes (JSON <c>kubeVirtVMAddressPersistence</c>: Enabled, Disabled).</summary>
    public bool? KubeVirtAddressPersistence { get; init; }

    /// <summary>How long a released address is kept back, in seconds, 0 to <see cref="MaxCooldownSeconds"/> (JSON <c>ipCooldownSeconds</c>). Only for clusters in which every client knows cool-down.</summary>
    public int CooldownSeconds { get; init; }

    internal UnknownFields Unknown { get; init; } = [];

    /// <summary>Reads the settings.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <exception cref="IpamDataException">It is not readable.</exception>
    public static IpamConfig Decode(ReadOnlyMemory<byte> json)
    {
        IpamConfig config = new();
        UnknownFields unknown = [];
        DocumentReader.Read(IpamKeys.Config, json.Span, (ref reader) =>
        {
            if (reader.ValueTextEquals("strict_affinity"u8)) config = config with { StrictAffinity = reader.NextBoolean() };
            else if (reader.ValueTextEquals("auto_allocate_blocks"u8)) config = config with { AutoAllocateBlocks = reader.NextBoolean() };
            else if (reader.ValueTextEquals("maxBlocksPerHost"u8)) config = config with { MaxBlocksPerHost = reader.NextInt32() };
            else if (reader.ValueTextEquals("kubeVirtVMAddressPersistence"u8))
            {
                config = config with
                {
                    KubeVirtAddressPersistence = reader.NextString() switch
                    {
                        "Enabled" => true,
                        "Disabled" => false,
                        null or "" => null,
                        string other => throw new IpamDataException(IpamKeys.Config, "$.kubeVirtVMAddressPersistence", $"'{other}' is not Enabled or Disabled"),
                    },
                };
            }
            else if (reader.ValueTextEquals("ipCooldownSeconds"u8)) config = config with { CooldownSeconds = reader.NextInt32() };
            else unknown.ReadNext(ref reader);
        });
        return config with { Unknown = unknown };
    }

    /// <summary>The settings' JSON as Calico writes it: fields with their zero value are left out.</summary>
    public byte[] Encode() => JsonText.Write(this, static (json, config) =>
    {
        json.WriteStartObject();
        if (config.StrictAffinity) json.WriteBoolean("strict_affinity"u8, true);
        if (config.AutoAllocateBlocks) json.WriteBoolean("auto_allocate_blocks"u8, true);
        if (config.MaxBlocksPerHost != 0) json.WriteNumber("maxBlocksPerHost"u8, config.MaxBlocksPerHost);
        if (config.KubeVirtAddressPersistence is { } persistence) json.WriteString("kubeVirtVMAddressPersistence"u8, persistence ? "Enabled" : "Disabled");
        if (config.CooldownSeconds != 0) json.WriteNumber("ipCooldownSeconds"u8, config.CooldownSeconds);
        config.Unknown.Write(json);
        json.WriteEndObject();
    });

    /// <summary>What is wrong with the settings; empty when they are valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> errors = [];
        if (!StrictAffinity && !AutoAllocateBlocks)
            errors.Add("strictAffinity and autoAllocateBlocks cannot both be off: no host could get an address. Turn one of them on.");
        if (MaxBlocksPerHost < 0) errors.Add($"maxBlocksPerHost is {MaxBlocksPerHost}; it must be 0 (no limit of its own) or more.");
        if (MaxBlocksPerHost > 0 && !StrictAffinity)
            errors.Add("maxBlocksPerHost needs strictAffinity: without it hosts at the limit borrow from others. Turn strictAffinity on first.");
        if (CooldownSeconds is < 0 or > MaxCooldownSeconds) errors.Add($"ipCooldownSeconds is {CooldownSeconds}; it must be 0 to {MaxCooldownSeconds}.");
        return errors;
    }
}
