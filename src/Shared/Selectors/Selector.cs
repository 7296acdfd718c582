using System.Diagnostics.CodeAnalysis;
#if !CALICO_POLICY
using Microsoft.CodeAnalysis;
#endif

namespace Calico.Policy.Selectors;

/// <summary>A parsed Calico selector: an immutable predicate over labels, compiled so that matching allocates nothing.</summary>
/// <remarks>
/// The language, the canonical text and the unique id are those of Calico's <c>libcalico-go/lib/selector</c>.
/// Two selectors are equal when their canonical texts are equal; terms are not reordered, sets are.
/// </remarks>
#if CALICO_POLICY
public
#else
[Embedded]
internal
#endif
sealed class Selector : IEquatable<Selector>
{
    private readonly SelectorProgram _program;
    private string? _canonicalText;
    private string? _uniqueId;
    private IReadOnlyDictionary<string, LabelRestriction>? _restrictions;

    internal Selector(SelectorNode root, string? text = null)
    {
        Root = root;
        _program = SelectorProgram.Compile(root);
        Text = text ?? CanonicalText;
    }

    /// <summary>The selector that matches everything: <c>all()</c>.</summary>
    public static Selector All { get; } = new(SelectorNode.All);

    /// <summary>The text this selector was parsed from, or the canonical text when it was built from other selectors.</summary>
    public string Text { get; }

    /// <summary>Calico's canonical form: one space around operators, sorted sets, <c>&amp;&amp;</c>/<c>||</c> groups in parentheses.</summary>
    public string CanonicalText => _canonicalText ??= SelectorText.Write(Root);

    /// <summary><c>s:</c> and the unpadded base64url SHA-224 of <c>s:</c> + canonical text: 40 characters, the id Felix gives the selector's IP set.</summary>
    public string UniqueId => _uniqueId ??= UniqueIds.Make("s", CanonicalText);

    /// <summary>For each label, what must hold for the selector to match; labels about which nothing is known are absent.</summary>
    public IReadOnlyDictionary<string, LabelRestriction> LabelRestrictions => _restrictions ??= RestrictionsOf.Node(Root);

    /// <summary>Whether the selector matches every set of labels by its form alone (<c>all()</c> or <c>global()</c>).</summary>
    public bool MatchesEverything => Root is EverythingNode;

    /// <summary>Whether the selector is exactly <c>global()</c>, which as a rule's namespaceSelector means endpoints without a namespace.</summary>
    public bool IsGlobal => Root is EverythingNode { IsGlobal: true };

    /// <summary>Whether <c>global()</c> stands anywhere in the selector.</summary>
    public bool MentionsGlobal => SelectorNode.Any(Root, static node => node is EverythingNode { IsGlobal: true });

    internal SelectorNode Root { get; }

    /// <summary>Parses a selector; empty or blank text is <c>all()</c>.</summary>
    /// <exception cref="SelectorFormatException">The text is not a selector; the exception carries the position.</exception>
    public static Selector Parse(string text) =>
        TryParse(text, out Selector? selector, out SelectorError error) ? selector : throw new SelectorFormatException(text, error);

    /// <summary>Parses a selector without throwing, whatever the text.</summary>
    /// <param name="text">The text; <see langword="null"/> is read as empty.</param>
    /// <param name="selector">The selector when the result is true.</param>
    /// <param name="error">What is wrong and at which character when the result is false.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Selector? selector, out SelectorError error)
    {
        SelectorParser parser = new(text ?? "");
        SelectorNode? root = parser.Parse(out error);
        selector = root is null ? null : new Selector(root, text ?? "");
        return selector is not null;
    }

    /// <summary>Parses a selector without throwing, whatever the text.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Selector? selector) => TryParse(text, out selector, out _);

    /// <summary>Whether the labels match.</summary>
    public bool Matches<TLabels>(TLabels labels) where TLabels : ILabels, allows ref struct => _program.Run(labels);

    /// <summary>Whether the labels match.</summary>
    public bool Matches(LabelSet labels) => _program.Run(new SetLabels(labels));

    /// <summary>Whether the labels match.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) =>
        labels is LabelSet set ? _program.Run(new SetLabels(set)) : _program.Run(new DictionaryLabels(labels));

    /// <summary>The same selector over labels that carry a prefix, as Calico does for namespace (<c>pcns.</c>) and service-account (<c>pcsa.</c>) selectors.</summary>
    public Selector WithLabelPrefix(string prefix) => new(Root.WithPrefix(prefix));

    /// <summary>The same selector with other text in place of each <c>all()</c> and each <c>global()</c>.</summary>
    internal Selector ReplaceEverything(string all, string global)
    {
        SelectorNode everywhere = Parse(all).Root, nowhere = Parse(global).Root;
        return new Selector(Replace(Root));

        SelectorNode Replace(SelectorNode node) => node switch
        {
            EverythingNode everything => everything.IsGlobal ? nowhere : everywhere,
            NotNode not => new NotNode(Replace(not.Operand)),
            GroupNode group => new GroupNode(group.IsAnd, Array.ConvertAll(group.Operands, Replace)),
            _ => node,
        };
    }

    /// <summary>Every operand must match; equal to parsing <c>(a) &amp;&amp; (b) &amp;&amp; …</c>.</summary>
    public static Selector And(params ReadOnlySpan<Selector> operands) =>
        operands.Length == 1 ? operands[0] : operands.IsEmpty ? All : new Selector(new GroupNode(isAnd: true, RootsOf(operands)));

    /// <summary>At least one operand must match; equal to parsing <c>(a) || (b) || …</c>.</summary>
    public static Selector Or(params ReadOnlySpan<Selector> operands) =>
        operands.Length == 1 ? operands[0] : operands.IsEmpty ? Not(All) : new Selector(new GroupNode(isAnd: false, RootsOf(operands)));

    /// <summary>The opposite; equal to parsing <c>!(a)</c>.</summary>
    public static Selector Not(Selector operand) => new(new NotNode(operand.Root));

    /// <summary>The names of the labels the selector looks at, each once, in order of appearance.</summary>
    public IReadOnlyList<string> LabelNames()
    {
        List<string> names = [];
        SelectorNode.Any(Root, node =>
        {
            if (node is LabelNode label && !names.Contains(label.Label.Text)) names.Add(label.Label.Text);
            return false;
        });
        return names;
    }

    private static SelectorNode[] RootsOf(ReadOnlySpan<Selector> selectors)
    {
        SelectorNode[] roots = new SelectorNode[selectors.Length];
        for (int i = 0; i < roots.Length; i++) roots[i] = selectors[i].Root;
        return roots;
    }

    /// <inheritdoc/>
    public bool Equals(Selector? other) => other is not null && (ReferenceEquals(this, other) || CanonicalText == other.CanonicalText);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Selector);

    /// <inheritdoc/>
    public override int GetHashCode() => CanonicalText.GetHashCode(StringComparison.Ordinal);

    /// <summary>The canonical text.</summary>
    public override string ToString() => CanonicalText;
}
