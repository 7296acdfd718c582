using System.Globalization;
using System.Text;

namespace Calico.Dataplane.Compile;

/// <summary>How verdicts reach the flow log: NFLOG groups, and the prefix that names the rule.</summary>
internal static class FlowLogGroups
{
    public const ushort Ingress = 1, Egress = 2; // as Felix numbers them
    private const int MaxBytes = 126;

    /// <summary>Action letter, S for staged, then the owner's comment; cut in the middle when too long for the kernel.</summary>
    public static string PrefixOf(WalkRule rule)
    {
        char letter = rule.Owner.Action switch
        {
            Policy.Model.RuleAction.Allow => 'A',
            Policy.Model.RuleAction.Pass => 'P',
            _ => 'D',
        };
        string text = string.Create(CultureInfo.InvariantCulture, $"{letter}{(rule.Staged ? 'S' : 'E')}|{rule.Owner.Tier}|{rule.Owner}");
        if (Encoding.UTF8.GetByteCount(text) <= MaxBytes) return text;
        string hash = "…" + Hash.Short(text);
        string tail = text[^40..];
        string head = text[..(MaxBytes - 40 - 20)];
        return head + hash + tail;
    }
}
