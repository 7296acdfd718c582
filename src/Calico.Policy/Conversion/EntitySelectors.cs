using Calico.Policy.Resources;
using Calico.Policy.Selectors;

namespace Calico.Policy.Conversion;

/// <summary>
/// Folds namespace and service-account terms into selector text, as Calico's update processors do: labels of namespaces become <c>pcns.</c>,
/// those of service accounts <c>pcsa.</c>; <c>all()</c> is every endpoint with a namespace, <c>global()</c> every one without.
/// </summary>
public static class EntitySelectors
{
    private const string HasNamespace = $"has({CalicoNames.NamespaceLabel})";
    private const string HasServiceAccount = $"has({CalicoNames.ServiceAccountLabel})";

    /// <summary>The endpoints one side of a rule is about; null when the side names none.</summary>
    /// <param name="entity">The side.</param>
    /// <param name="ns">The namespace of a namespaced policy; empty for a global one and for profiles.</param>
    /// <exception cref="FormatException">A selector cannot be read. Calico takes it for no restriction; here the caller fails closed.</exception>
    public static string? ForRule(EntityRule entity, string ns)
    {
        ArgumentNullException.ThrowIfNull(entity);
        if (entity.Selector is { Length: > 0 } given) Selector.Parse(given);
        string own = Join(entity.ServiceAccounts is { } accounts ? ServiceAccounts(accounts) : "", entity.Selector ?? "");
        bool isUsed = own.Length > 0 || !string.IsNullOrEmpty(entity.NotSelector) || !string.IsNullOrEmpty(entity.NamespaceSelector);
        if (!isUsed) return null;
        string namespaces =
            entity.NamespaceSelector is { Length: > 0 } selector ? Namespaces(selector) :
            ns.Length > 0 ? InNamespace(ns) : "";
        if (namespaces.Length == 0) return own.Length == 0 ? null : own;
        return own.Length == 0 ? namespaces : $"({namespaces}) && ({own})";
    }

    /// <summary>The endpoints a policy applies to.</summary>
    /// <exception cref="FormatException">A selector cannot be read.</exception>
    public static string ForPolicy(string? selector, string? namespaceSelector, string? serviceAccountSelector, string ns)
    {
        string text = selector ?? "";
        if (text.Length > 0) Selector.Parse(text);
        if (ns.Length > 0) text = text.Length == 0 ? InNamespace(ns) : $"({text}) && {InNamespace(ns)}";
        if (namespaceSelector is { Length: > 0 }) text = And(text, Namespaces(namespaceSelector));
        if (serviceAccountSelector is { Length: > 0 })
            text = And(text, Rewrite(serviceAccountSelector, CalicoNames.ServiceAccountLabelPrefix, HasServiceAccount, "!" + HasServiceAccount));
        return text.Length == 0 ? "all()" : text;

        static string And(string left, string right) => left.Length == 0 ? right : $"({left}) && {right}";
    }

    private static string Namespaces(string selector) =>
        Rewrite(selector, CalicoNames.NamespaceLabelPrefix, HasNamespace, "!" + HasNamespace);

    private static string InNamespace(string ns) => $"{CalicoNames.NamespaceLabel} == '{ns}'";

    private static string ServiceAccounts(ServiceAccountMatch accounts)
    {
        string labels = accounts.Selector is { Length: > 0 } selector ? Selector.Parse(selector).WithLabelPrefix(CalicoNames.ServiceAccountLabelPrefix).CanonicalText : "";
        if (accounts.Names.IsEmpty) return labels;
        string names = Selector.Parse($"{CalicoNames.ServiceAccountLabel} in {{ '{string.Join("', '", (IEnumerable<string>)accounts.Names)}' }}").CanonicalText;
        return Join(labels, names);
    }

    private static string Join(string left, string right) =>
        left.Length == 0 ? right : right.Length == 0 ? left : $"({left}) && ({right})";

    // On the syntax tree, so that "all()" inside a quoted value stays what it is.
    private static string Rewrite(string selector, string prefix, string everywhere, string nowhere) =>
        Selector.Parse(selector).WithLabelPrefix(prefix).ReplaceEverything(everywhere, nowhere).CanonicalText;
}
