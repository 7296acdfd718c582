using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>Kubernetes label selectors as Calico's selector text, with exactly the spaces and quotes Calico writes.</summary>
public static class KubernetesSelectors
{
    /// <summary>A selector of pods: the orchestrator term first, so that only workloads match. Null selects all pods.</summary>
    /// <exception cref="FormatException">An operator is unknown, its values do not fit, or a name or value cannot stand in a selector.</exception>
    public static string Pods(LabelSelector? selector) =>
        Join([$"{CalicoNames.OrchestratorLabel} == '{CalicoNames.KubernetesOrchestrator}'"], selector);

    /// <summary>A selector of namespaces: empty text for null (no restriction given), <c>all()</c> for a selector without terms.</summary>
    /// <exception cref="FormatException">An operator is unknown, its values do not fit, or a name or value cannot stand in a selector.</exception>
    public static string Namespaces(LabelSelector? selector)
    {
        if (selector is null) return "";
        string text = Join([], selector);
        return text.Length == 0 ? "all()" : text;
    }

    /// <summary>A selector of nodes: <c>all()</c> for a selector without terms.</summary>
    /// <exception cref="FormatException">An operator is unknown, its values do not fit, or a name or value cannot stand in a selector.</exception>
    public static string Nodes(LabelSelector selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return Namespaces(selector);
    }

    private static string Join(List<string> terms, LabelSelector? selector)
    {
        if (selector is null) return string.Join(" && ", terms);
        foreach ((string key, string value) in selector.MatchLabels.AsSpan()) terms.Add($"{Key(key)} == {Quoted(value)}");
        foreach (LabelSelectorRequirement requirement in selector.MatchExpressions) terms.Add(Term(requirement));
        return string.Join(" && ", terms);
    }

    private static string Term(LabelSelectorRequirement requirement)
    {
        string key = Key(requirement.Key);
        bool hasValues = !requirement.Values.IsEmpty;
        return requirement.Operator switch
        {
            "In" or "NotIn" when !hasValues => throw new FormatException($"operator {requirement.Operator} on '{key}' needs values"),
            "Exists" or "DoesNotExist" when hasValues => throw new FormatException($"operator {requirement.Operator} on '{key}' takes no values"),
            "In" => $"{key} in {{ {Values(requirement)} }}",
            "NotIn" => $"{key} not in {{ {Values(requirement)} }}",
            "Exists" => $"has({key})",
            "DoesNotExist" => $"! has({key})",
            _ => throw new FormatException($"'{requirement.Operator}' is not an operator: In, NotIn, Exists, DoesNotExist"),
        };
    }

    private static string Values(LabelSelectorRequirement requirement) => string.Join(", ", requirement.Values.Select(Quoted));

    private static string Key(string? key) =>
        key is { Length: > 0 } && Selectors.Selector.TryParse($"has({key})", out Selectors.Selector? selector) && selector.LabelNames() is [var name] && name == key
            ? key
            : throw new FormatException($"'{key}' is not a label name");

    // Kubernetes allows no quotes in label values; Calico would paste them and change what the selector means.
    private static string Quoted(string value) =>
        !value.Contains('\'') ? $"'{value}'" : !value.Contains('"') ? $"\"{value}\"" : throw new FormatException($"the value {value} has both kinds of quotes");
}
