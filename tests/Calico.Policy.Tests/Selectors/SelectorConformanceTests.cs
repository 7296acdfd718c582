using System.Text.Json.Nodes;
using Calico.Policy.Selectors;

namespace Calico.Policy.Tests.Selectors;

/// <summary>Calico's own selector tables.</summary>
public class SelectorConformanceTests
{
    public static IEnumerable<TheoryDataRow<string>> Parses => ConformanceCases.Of("policy/selector_parse.json");
    public static IEnumerable<TheoryDataRow<string>> Tokens => ConformanceCases.Of("policy/selector_tokens.json");
    public static IEnumerable<TheoryDataRow<string>> MatchTable => ConformanceCases.Of("policy/selector_match.json");
    public static IEnumerable<TheoryDataRow<string>> Canonical => ConformanceCases.Of("policy/selector_canonical.json");
    public static IEnumerable<TheoryDataRow<string>> Restrictions => ConformanceCases.Of("policy/selector_label_restrictions.json");
    public static IEnumerable<TheoryDataRow<string>> Prefixes => ConformanceCases.Of("policy/selector_prefix.json");

    [Theory, MemberData(nameof(Parses))]
    public void Parsing_accepts_what_Calico_accepts(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        string text = (string)@case["selector"]!;
        bool valid = Selector.TryParse(text, out Selector? selector, out SelectorError error);
        Assert.Equal((bool)@case["valid"]!, valid);
        if (valid)
            Assert.Equal(selector, Selector.Parse(selector!.CanonicalText));
        else
            Assert.InRange(error.Position, 0, text.Length);
    }

    [Theory, MemberData(nameof(Tokens))]
    public void Tokens_are_Calicos(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        List<Token> tokens = [];
        SelectorLexer lexer = new((string)@case["input"]!);
        do tokens.Add(lexer.Next());
        while (tokens[^1].Kind is not (TokenKind.EOF or TokenKind.Error));

        if (@case["error"] is not null)
        {
            Assert.Equal(TokenKind.Error, tokens[^1].Kind);
            return;
        }

        Assert.Equal(
            @case["tokens"]!.AsArray().Select(t => ((string)t!["kind"]!, (string)t["value"]!)),
            tokens.Select(t => (t.Kind.ToString(), t.Value)));
    }

    [Theory, MemberData(nameof(MatchTable))]
    public void Matching_gives_Calicos_answer(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        Dictionary<string, string> labels = @case["labels"]!.AsObject().ToDictionary(l => l.Key, l => (string)l.Value!);
        bool expected = (bool)@case["expected"]!;
        Selector selector = Selector.Parse((string)@case["selector"]!);
        Assert.Equal(expected, selector.Matches(labels));
        Assert.Equal(expected, selector.Matches(LabelSet.From(labels)));
        Assert.Equal(expected, Selector.Parse(selector.CanonicalText).Matches(labels));
    }

    [Theory, MemberData(nameof(Canonical))]
    public void Canonical_text_and_id_are_Calicos(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        Selector selector = Selector.Parse((string)@case["input"]!);
        Assert.Equal((string)@case["canonical"]!, selector.CanonicalText);
        Assert.Equal((string)@case["uid"]!, selector.UniqueId);
    }

    [Theory, MemberData(nameof(Restrictions))]
    public void Label_restrictions_are_Calicos(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        string text = (string)@case["selector"]!;
        string prefixed = text.Trim().Length == 0 ? "all()" : $"all() && ({text})";
        foreach (string form in (string[])[text, prefixed])
        {
            IReadOnlyDictionary<string, LabelRestriction> actual = Selector.Parse(form).LabelRestrictions;
            JsonObject expected = @case["restrictions"] as JsonObject ?? [];
            Assert.Equal(expected.Select(e => e.Key).Order(), actual.Keys.Order());
            foreach ((string label, JsonNode? want) in expected)
            {
                Assert.Equal((bool)want!["mustBePresent"]!, actual[label].MustBePresent);
                Assert.Equal((bool)want["mustBeAbsent"]!, actual[label].MustBeAbsent);
                Assert.Equal(want["mustHaveOneOfValues"]?.AsArray().Select(v => (string)v!).Order(), actual[label].MustHaveOneOfValues?.Order());
            }
        }
    }

    [Theory, MemberData(nameof(Prefixes))]
    public void Prefixing_changes_every_label_name(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        Assert.Equal((string)@case["output"]!, Selector.Parse((string)@case["input"]!).WithLabelPrefix((string)@case["prefix"]!).CanonicalText);
    }
}
