using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calico.Yaml;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Calico.Policy.Tests.Yaml;

public class DocumentReaderTests
{
    [Theory]
    [InlineData("a: 1\nb: [x, 'y', \"z\"]", """{"a":1,"b":["x","y","z"]}""")]
    [InlineData("a: yes\nb: off\nc: ~\nd:\ne: null\nf: True", """{"a":true,"b":false,"c":null,"d":null,"e":null,"f":true}""")]
    [InlineData("a: 0x1F\nb: 010\nc: -3\nd: 1.5\ne: 1e3\nf: 1_000\ng: 0o17", """{"a":31,"b":8,"c":-3,"d":1.5,"e":1000,"f":1000,"g":15}""")]
    [InlineData("a: 2001-01-01\nb: 10.0.0.0/8\nc: 1.2.3\nd: '-'\ne: 12:30:45\nf: y", """{"a":"2001-01-01","b":"10.0.0.0/8","c":"1.2.3","d":"-","e":"12:30:45","f":"y"}""")]
    [InlineData("a: !!str 5\nb: !!int '7'\nc: '5'", """{"a":"5","b":7,"c":"5"}""")]
    [InlineData("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: *x", """{"x":{"a":1,"b":2},"y":{"b":3,"a":1},"z":{"a":1,"b":2}}""")]
    [InlineData("x: {<<: [{a: 1}, {a: 2, b: 2}]}", """{"x":{"a":1,"b":2}}""")]
    [InlineData("a: |\n  one\n  two\nb: >-\n  one\n  two", """{"a":"one\ntwo\n","b":"one two"}""")]
    [InlineData("80: x\ntrue: y", """{"80":"x","true":"y"}""")]
    [InlineData("{\"a\": \"\\ud83d\\ude00\\/\", \"b\": [1e2, -0.5, null]}", """{"a":"😀/","b":[1e2,-0.5,null]}""")]
    public void Values_become_the_JSON_that_Kubernetes_reads(string text, string json)
    {
        DocumentNode root = Assert.Single(DocumentReader.Read(text)).Root!;
        Assert.Equal(JsonNode.Parse(json)!.ToJsonString(), JsonNode.Parse(Json(root))!.ToJsonString());
    }

    [Theory]
    [InlineData("a: 1\na: 2", 2, 1, "twice")]
    [InlineData("{\"a\": 1,\n \"a\": 2}", 2, 2, "twice")]
    [InlineData("a: *b", 1, 4, "anchor")]
    [InlineData("a: .inf", 1, 4, "JSON")]
    [InlineData("a: [1, 2", 1, 9, "")]
    [InlineData("a: b: c", 1, 5, "")]
    [InlineData("? [a]\n: b", 1, 3, "text")]
    public void Errors_have_a_place(string text, int line, int column, string phrase)
    {
        ParsedDocument document = Assert.Single(DocumentReader.Read(text));
        Assert.Null(document.Root);
        Assert.Contains(phrase, document.Error!, StringComparison.Ordinal);
        Assert.Equal((line, column), (document.Line, document.Column));
    }

    [Fact]
    public void A_bad_document_leaves_the_others_alone()
    {
        ParsedDocument[] documents = [.. DocumentReader.Read("# note\n---\na: 1\n---\nb: [\n--- # third\nc: 3\n...\n---\n{\"d\": 4}\n--- {e: 5}\n")];
        Assert.Equal([true, false, true, true, true], documents.Select(d => d.Root is not null));
        Assert.Equal([3, 7, 10, 11], documents.Where(d => d.Root is not null).Select(d => d.Root!.Members[0].Line));
    }

    [Fact]
    public void Paths_find_lines()
    {
        DocumentNode root = Assert.Single(DocumentReader.Read("spec:\n  ingress:\n  - action: Allow\n    source:\n      nets: [a,\n        b]\nmetadata:\n  labels:\n    a.b/c: x\n")).Root!;
        Assert.Equal((6, 9), root.Locate("spec.ingress[0].source.nets[1]"));
        Assert.Equal((9, 12), root.Locate("metadata.labels[\"a.b/c\"]"));
        Assert.Equal((4, 5), root.Locate("spec.ingress[0].source.missing"));
        Assert.Equal((1, 1), root.Locate("spec.egress"));
    }

    [Fact]
    public void Bombs_are_refused()
    {
        StringBuilder laughs = new("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 30; i++) laughs.Append('a').Append(i).Append(": &a").Append(i).Append(" [*a").Append(i - 1).Append(", *a").Append(i - 1).Append(", *a").Append(i - 1).Append("]\n");
        StringBuilder tower = new("a0: &a0 [x]\n");
        for (int i = 1; i < 500; i++) tower.Append('a').Append(i).Append(": &a").Append(i).Append(" [*a").Append(i - 1).Append("]\n");
        foreach (string text in (string[])
            [laughs.ToString(), tower.ToString(), new string('[', 1_000_000), string.Concat(Enumerable.Repeat("{a: ", 200_000)), string.Concat(Enumerable.Repeat("- ", 500_000)), "a: &a [*a]", new string('{', 500_000), string.Concat(Enumerable.Repeat("{\"a\":", 200_000))])
        {
            Assert.Contains(DocumentReader.Read(text), d => d.Error is not null);
        }
    }

    [Property(MaxTest = 2000)]
    public Property Any_text_is_documents_or_errors()
    {
        Gen<string> pieces = Gen.ListOf(Gen.Elements(
            "a", ":", " ", "\n", "- ", "[", "]", "{", "}", ",", "'", "\"", "|", ">", "&a ", "*a", "!", "!!int ", "---\n", "...\n", "#", "%YAML 1.2\n", "<<", "?", "\t", "\0", "\u0085", "\uFEFF", "\\u", "\\ud800", "\uD800", "0", "é", "@", "`", "\r\n", "  ", "key: value\n"))
            .Select(list => string.Concat(list));
        return Prop.ForAll(Gen.OneOf(pieces, ArbMap.Default.GeneratorFor<string>()).ToArbitrary(), text =>
        {
            foreach (ParsedDocument document in DocumentReader.Read(text ?? ""))
            {
                if (document.Root is { } root) JsonDocument.Parse(Json(root)).Dispose();
                else if (document.Error is { } error && (error.Length == 0 || document.Line < 1 || document.Column < 1)) return false;
            }

            return true;
        });
    }

    private static string Json(DocumentNode node)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream)) node.WriteJson(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
