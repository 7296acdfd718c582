using System.Globalization;
using System.Net;
using System.Text;

namespace Calico.Cli.Ipam;

/// <summary>The map as one page of HTML: no script, nothing loaded.</summary>
internal static class MapPage
{
    private const string Head = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>IP address map</title>
        <style>
        body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff }
        h2 { margin: 1.5em 0 .3em } .usage { color: #666; margin: 0 0 .8em }
        .blocks { display: flex; flex-wrap: wrap; gap: 14px }
        .block { border: 1px solid #ccc; border-left: 6px solid var(--owner); border-radius: 4px; padding: 6px 8px }
        .block b { font-weight: 600 } .block span { color: #666 }
        .cells { display: grid; grid-template-columns: repeat(16, 11px); gap: 2px; margin-top: 5px }
        i { width: 11px; height: 11px; border-radius: 2px; background: #eee; display: block }
        .use { background: var(--owner) } .lent { background: var(--owner); outline: 2px solid #c22; outline-offset: -2px }
        .cool { background: repeating-linear-gradient(45deg, var(--owner) 0 2px, #eee 2px 5px) } .keep { background: repeating-linear-gradient(45deg, #999 0 2px, #fff 2px 5px) }
        .legend { display: flex; gap: 1.5em; margin-top: 2em } .legend i { display: inline-block; margin-right: .4em; --owner: #468 }
        @media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } i { background: #333 } .block { border-color: #444; border-left-color: var(--owner) } }
        </style></head><body>
        <h1>IP address map</h1>
        """;

    private const string Legend = """
        <p class="legend"><span><i class="use"></i>in use</span><span><i class="lent"></i>borrowed by another node</span><span><i class="cool"></i>cooling down</span><span><i class="keep"></i>reserved</span><span><i></i>free</span></p>
        </body></html>

        """;

    public static string Of(AddressMap map)
    {
        List<string> owners = [.. map.Owners];
        StringBuilder page = new(Head);
        page.Append('\n');
        foreach (MapPool pool in map.Pools)
        {
            string range = pool.Usage.Cidr?.ToString() ?? "";
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(pool.Name)} {range}</h2>\n<p class=\"usage\">{pool.Usage.InUse} in use, {pool.Usage.Reserved} reserved, {pool.Usage.Available} free of {pool.Usage.Capacity}</p>\n<div class=\"blocks\">\n");
            foreach (MapBlock block in pool.Blocks) Append(page, block, owners.IndexOf(block.Owner));
            page.Append("</div>\n");
        }

        return page.Append(Legend).ToString();
    }

    private static void Append(StringBuilder page, MapBlock block, int owner)
    {
        // The golden angle keeps neighbours' colours apart however many owners there are.
        int hue = (int)(owner * 137.508 % 360);
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"block\" style=\"--owner: hsl({hue} 55% 48%)\"><b>{block.Cidr}</b> {Escape(block.Owner)} <span>{block.InUse}/{block.Size}</span><div class=\"cells\">");
        foreach (MapCell cell in block.Cells) page.Append(CultureInfo.InvariantCulture, $"<i{Class(cell.State)} title=\"{Escape(cell.Text)}\"></i>");
        page.Append("</div></div>\n");
    }

    private static string Class(CellState state) => state switch
    {
        CellState.InUse => " class=\"use\"",
        CellState.Borrowed => " class=\"lent\"",
        CellState.Cooling => " class=\"cool\"",
        CellState.Reserved => " class=\"keep\"",
        _ => "",
    };

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
