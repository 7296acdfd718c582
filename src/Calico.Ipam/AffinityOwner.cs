using System.Diagnostics.CodeAnalysis;

namespace Calico.Ipam;

/// <summary>Who a block belongs to: a host, or a virtual owner such as the load balancer. In a block it is the text <c>host:node-1</c>.</summary>
/// <param name="Type"><c>host</c> or <c>virtual</c>.</param>
/// <param name="Name">The node's name as Calico knows it, whole also when longer than 63 characters.</param>
public sealed record AffinityOwner(string Type, string Name)
{
    /// <summary>The type of hosts.</summary>
    public const string HostType = "host";

    /// <summary>The type of virtual owners.</summary>
    public const string VirtualType = "virtual";

    /// <summary>The owner of blocks that services of type LoadBalancer get their addresses from.</summary>
    public static AffinityOwner LoadBalancer { get; } = new(VirtualType, "load-balancer");

    /// <summary>A host.</summary>
    /// <param name="name">The node's name.</param>
    public static AffinityOwner Host(string name) => new(HostType, name);

    /// <summary>A virtual owner.</summary>
    /// <param name="name">Its name.</param>
    public static AffinityOwner Virtual(string name) => new(VirtualType, name);

    /// <summary>Whether it is a host.</summary>
    public bool IsHost => Type == HostType;

    /// <summary>Reads <c>host:NAME</c> or <c>virtual:NAME</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="owner">The owner.</param>
    /// <returns>False for anything else.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out AffinityOwner? owner)
    {
        owner = null;
        int colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon <= 0 || colon == text!.Length - 1) return false;
        string type = text[..colon];
        if (type is not (HostType or VirtualType)) return false;
        owner = new AffinityOwner(type, text[(colon + 1)..]);
        return true;
    }

    /// <summary>The text that a block's <c>affinity</c> holds.</summary>
    public override string ToString() => $"{Type}:{Name}";
}
