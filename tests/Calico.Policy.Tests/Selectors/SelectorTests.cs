using System.Text;
using Calico.Policy.Selectors;

namespace Calico.Policy.Tests.Selectors;

public class SelectorTests
{
    [Theory]
    [InlineData("a == b", 5, "string in quotes")]
    [InlineData("a = 'b'", 2, "'=='")]
    [InlineData("has(a) &&", 9, "the end")]
    [InlineData("has()", 4, "unexpected character ')'")]
    [InlineData("(a == 'foo'", 11, "expected ')'")]
    [InlineData("a in {'x' 'y'}", 10, "'}'")]
    [InlineData("a == 'b'\n", 8, "U+000A")]
    [InlineData("a squiggles 'b'", 2, "an operator")]
    [InlineData("a == 'b", 5, "not closed")]
    [InlineData("all() all()", 6, "after the end")]
    public void Errors_name_the_place(string text, int position, string phrase)
    {
        Assert.False(Selector.TryParse(text, out _, out SelectorError error));
        Assert.Equal(position, error.Position);
        Assert.Contains(phrase, error.Message, StringComparison.Ordinal);
        Assert.Contains(text.Split('\n')[0], Assert.Throws<SelectorFormatException>(() => Selector.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("contains == 'x'")]
    [InlineData("in == 'y'")]
    [InlineData("has == 'z'")]
    [InlineData("not not in {'a',}")]
    [InlineData("a in {}")]
    public void Operator_words_are_labels_where_a_label_stands(string text) => Assert.True(Selector.TryParse(text, out _));

    [Fact]
    public void Set_members_are_sorted_by_their_octets() =>
        Assert.Equal("a in {\"\uE000\", \"\U00010000\"}", Selector.Parse("a in {'\U00010000', '\uE000'}").CanonicalText);

    [Fact]
    public void Combinations_equal_the_parsed_text()
    {
        Selector a = Selector.Parse("a == 'x' && b == 'y'"), b = Selector.Parse("has(c)");
        Assert.Equal(Selector.Parse("(a == 'x' && b == 'y') && has(c)"), Selector.And(a, b));
        Assert.Equal(Selector.Parse("(a == 'x' && b == 'y') || has(c)"), Selector.Or(a, b));
        Assert.Equal(Selector.Parse("!(a == 'x' && b == 'y')"), Selector.Not(a));
        Assert.Equal(["a", "b", "c"], Selector.And(a, b).LabelNames());
    }

    [Fact]
    public void Deep_nesting_and_large_inputs_end_with_an_answer_on_a_small_stack()
    {
        string deepest = new string('(', SelectorParser.MaxDepth) + "has(a)" + new string(')', SelectorParser.MaxDepth);
        string nots = string.Concat(Enumerable.Repeat("!(a=='b'&&", SelectorParser.MaxDepth)) + "has(a)" + new string(')', SelectorParser.MaxDepth);
        string tooDeep = new('(', 1_000_000);
        string wide = string.Join(" || ", Enumerable.Range(0, 60_000).Select(i => $"a == '{i}'"));
        string bangs = new string('!', 1_000_000) + "has(a)";
        Exception? failure = null;
        Thread small = new(() => failure = Record.Exception(() =>
        {
            Assert.True(Selector.TryParse(deepest, out Selector? selector));
            Assert.Equal("has(a)", selector.CanonicalText);
            Selector nested = Selector.Parse(nots).WithLabelPrefix("p.");
            Assert.Equal(nested, Selector.Parse(nested.CanonicalText));
            Assert.Empty(nested.LabelRestrictions);
            Assert.False(Selector.TryParse(tooDeep, out _, out SelectorError error));
            Assert.Equal(SelectorParser.MaxDepth, error.Position);
            Assert.Equal(60_000, Selector.Parse(wide).LabelRestrictions["a"].MustHaveOneOfValues!.Count);
            Assert.True(Selector.Parse(bangs).Matches(LabelSet.From([new("a", "")])));
        }), 512 * 1024);
        small.Start();
        small.Join();
        Assert.Null(failure);
    }

    [Theory]
    [InlineData("", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f")]
    [InlineData("abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525")]
    public void Sha224_gives_the_published_digests(string text, string digest)
    {
        Span<byte> actual = stackalloc byte[Sha224.Length];
        Sha224.Hash(Encoding.ASCII.GetBytes(text), actual);
        Assert.Equal(digest, Convert.ToHexStringLower(actual));
    }

    [Fact]
    public void Matching_allocates_nothing()
    {
        Selector selector = Selector.Parse("a == 'x' && b in {'1','2','3','4','5','6'} && !has(c) && d starts with 'p' && e contains 'q'");
        LabelSet labels = LabelSet.From([new("a", "x"), new("b", "3"), new("d", "pp"), new("e", "qq")]);
        Assert.True(selector.Matches(labels));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) selector.Matches(labels);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
