using System.CommandLine;
using System.Globalization;
using Calico.Datastore;
using Calico.Ipam;
using Spectre.Console;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam map</c>: pools and blocks as a picture in the terminal, or as a page that needs nothing else.</summary>
internal static class MapCommand
{
    private static readonly string[] Colours = ["green", "blue", "yellow", "magenta", "cyan", "orange1", "deeppink2", "chartreuse2", "steelblue1", "gold1"];

    public static Command Create(Terminal terminal)
    {
        Option<string?> html = new("--html") { Description = "Write a self-contained page to a file (- for standard output) instead." };
        Command command = new("map", "Draw pools and blocks: who owns which block, how full, what is borrowed, reserved, cooling.") { html };
        return command.On(terminal, async (session, parsed, cancel) =>
        {
            AddressMap map = AddressMap.Of(await session.Client.GetUtilizationAsync(cancellationToken: cancel), await session.Client.GetBlocksAsync(cancel), await ReservationsAsync(session.Store, cancel));
            switch (parsed.GetValue(html))
            {
                case null:
                    Draw(map, terminal.Rich);
                    break;
                case "-":
                    await session.Out.WriteAsync(MapPage.Of(map));
                    break;
                case string file:
                    await File.WriteAllTextAsync(file, MapPage.Of(map), cancel);
                    await session.Out.WriteLineAsync($"Map written to {file}");
                    break;
            }

            return ExitCode.Success;
        });
    }

    private static async Task<IReadOnlyList<IPReservation>> ReservationsAsync(IDatastore store, CancellationToken cancel) =>
        [.. (await store.ListAsync(IpamKeys.Reservations, cancellationToken: cancel)).Items.Select(item => IPReservation.Decode(item.Value, item.Key))];

    private static void Draw(AddressMap map, IAnsiConsole console)
    {
        IReadOnlyList<string> owners = map.Owners;
        int address = map.Pools.SelectMany(pool => pool.Blocks).Select(block => block.Cidr.ToString().Length).DefaultIfEmpty(0).Max();
        int owner = owners.Select(name => name.Length).DefaultIfEmpty(0).Max();
        foreach (MapPool pool in map.Pools)
        {
            PoolUtilization usage = pool.Usage;
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold]{pool.Name}[/] {usage.Cidr?.ToString() ?? ""}  {usage.InUse} in use, {usage.Reserved} reserved, {GridTable.Count(usage.Available)} free");
            foreach (MapBlock block in pool.Blocks)
            {
                string colour = Colours[owners.ToList().IndexOf(block.Owner) % Colours.Length];
                string cells = string.Concat(block.Cells.Select(cell => Cell(cell.State, colour)));
                console.MarkupLine($"  {block.Cidr.ToString().PadRight(address)}  [{colour}]{Markup.Escape(block.Owner.PadRight(owner))}[/]  {cells}  {block.InUse}/{block.Size}");
            }
        }

        if (map.Pools.Count == 0) console.MarkupLine("There are no pools.");
        console.MarkupLine("[dim]█ in use  ◆ borrowed by another node  ▒ cooling down  ╳ reserved  · free[/]");
    }

    private static string Cell(CellState state, string colour) => state switch
    {
        CellState.InUse => $"[{colour}]█[/]",
        CellState.Borrowed => "[red]◆[/]",
        CellState.Cooling => $"[{colour} dim]▒[/]",
        CellState.Reserved => "[dim]╳[/]",
        _ => "[dim]·[/]",
    };
}
