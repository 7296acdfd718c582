using System.Net;
using System.Text;
using Calico.Policy.Analysis;

namespace Calico.Cli.Policy;

/// <summary>The matrix as one self-contained page: no script, style or font from elsewhere.</summary>
internal static class ReachPage
{
    public static void Write(IReadOnlyList<ReachMatrix> matrices, TextWriter output)
    {
        using Stream template = typeof(ReachPage).Assembly.GetManifestResourceStream("reach.html")!;
        using StreamReader reader = new(template);
        output.Write(reader.ReadToEnd()
            .Replace("{{summary}}", WebUtility.HtmlEncode(string.Join("; ", matrices.Select(static m => m.Summary()))), StringComparison.Ordinal)
            .Replace("{{matrices}}", string.Concat(matrices.Select(static m => $"<h2>{m.Family}</h2>\n<div class=\"scroll\"><table>\n{Rows(m)}\n</table></div>\n")), StringComparison.Ordinal));
    }

    private static string Rows(ReachMatrix matrix)
    {
        StringBuilder html = new();
        html.Append("<thead><tr><td></td>");
        foreach (string to in matrix.Peers) html.Append("<th scope=\"col\"><span>").Append(WebUtility.HtmlEncode(to)).Append("</span></th>");
        html.Append("</tr></thead><tbody>");
        foreach (string from in matrix.Peers)
        {
            html.Append("<tr><th scope=\"row\">").Append(WebUtility.HtmlEncode(from)).Append("</th>");
            foreach (string to in matrix.Peers) Cell(html, matrix, from, to);
            html.Append("</tr>\n");
        }

        return html.Append("</tbody>").ToString();
    }

    private static void Cell(StringBuilder html, ReachMatrix matrix, string from, string to)
    {
        Connectivity allowed = matrix[from, to];
        string kind = from == to ? "self" : allowed.IsAll ? "all" : allowed.IsNone ? "none" : "some";
        string title = from == to ? from : $"{from} → {to}: {(allowed.IsNone ? "nothing" : matrix.Brief(allowed))}";
        html.Append("<td class=\"").Append(kind).Append("\" title=\"").Append(WebUtility.HtmlEncode(title)).Append("\">");
        if (kind == "some") html.Append(WebUtility.HtmlEncode(matrix.Brief(allowed)));
        html.Append("</td>");
    }
}
