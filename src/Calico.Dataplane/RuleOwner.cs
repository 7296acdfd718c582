using System.Globalization;
using Calico.Policy.Model;

namespace Calico.Dataplane;

/// <summary>What decided about a packet: a rule of a policy or profile, the end of a tier, or the absence of all of them.</summary>
/// <param name="Kind">Which of those.</param>
/// <param name="Tier">The tier, or empty.</param>
/// <param name="Name">The policy as <c>Kind ns/name</c>, the profile's name, or what else decided.</param>
/// <param name="Ingress">Whether the packet goes to the endpoint.</param>
/// <param name="Index">The rule's index in the source object, or -1.</param>
/// <param name="Action">What was decided.</param>
public readonly record struct RuleOwner(RuleOwnerKind Kind, string Tier, string Name, bool Ingress, int Index, RuleAction Action)
{
    /// <summary>The comment of the kernel rule: <c>GlobalNetworkPolicy web ingress[2] allow</c>.</summary>
    public override string ToString()
    {
        string direction = Ingress ? "ingress" : "egress";
        string action = Action.ToString().ToLowerInvariant();
        return Kind switch
        {
            RuleOwnerKind.Policy => string.Create(CultureInfo.InvariantCulture, $"{Name} {direction}[{Index}] {action}"),
            RuleOwnerKind.Profile => string.Create(CultureInfo.InvariantCulture, $"Profile {Name} {direction}[{Index}] {action}"),
            RuleOwnerKind.TierEnd => $"Tier {Tier} {direction} end {action}",
            _ => $"{Name} {direction} {action}",
        };
    }

    /// <summary>Reads what <see cref="ToString"/> wrote; the tier of a policy is not in the text.</summary>
    public static bool TryParse(string comment, out RuleOwner owner)
    {
        owner = default;
        string[] words = comment.Split(' ');
        if (words.Length < 3 || !Enum.TryParse(words[^1], ignoreCase: true, out RuleAction action)) return false;
        if (words[0] == "Tier" && words.Length == 5 && words[3] == "end")
        {
            owner = new RuleOwner(RuleOwnerKind.TierEnd, words[1], words[1], words[2] == "ingress", -1, action);
            return true;
        }

        string place = words[^2];
        int bracket = place.IndexOf('[', StringComparison.Ordinal);
        bool ingress = place.StartsWith("ingress", StringComparison.Ordinal);
        if (bracket < 0)
        {
            if (place is not ("ingress" or "egress")) return false;
            owner = new RuleOwner(RuleOwnerKind.Other, "", string.Join(' ', words[..^2]), ingress, -1, action);
            return true;
        }

        if (!int.TryParse(place.AsSpan(bracket + 1, place.Length - bracket - 2), NumberStyles.None, CultureInfo.InvariantCulture, out int index)) return false;
        owner = words[0] == "Profile"
            ? new RuleOwner(RuleOwnerKind.Profile, "", words[1], ingress, index, action)
            : new RuleOwner(RuleOwnerKind.Policy, "", string.Join(' ', words[..^2]), ingress, index, action);
        return true;
    }
}

/// <summary>What kind of thing decided about a packet.</summary>
public enum RuleOwnerKind : byte
{
    /// <summary>A rule of a policy, enforced or staged.</summary>
    Policy,

    /// <summary>A rule of a profile.</summary>
    Profile,

    /// <summary>The end of a tier in which a policy applied.</summary>
    TierEnd,

    /// <summary>Something built in: no profile matched, an unknown interface, a failsafe port.</summary>
    Other,
}
