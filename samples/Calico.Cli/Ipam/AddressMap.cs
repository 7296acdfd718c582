using System.Net;
using Calico.Ipam;

namespace Calico.Cli.Ipam;

/// <summary>What an address is at this moment.</summary>
internal enum CellState
{
    Free,
    Reserved,
    Cooling,
    InUse,
    Borrowed,
}

/// <summary>One address of the map, or several when a block has more than fit.</summary>
internal sealed record MapCell(CellState State, string Text);

/// <summary>A block of the map.</summary>
internal sealed record MapBlock(IPNetwork Cidr, string Owner, int Size, int InUse, IReadOnlyList<MapCell> Cells);

/// <summary>A pool of the map; null for blocks outside every pool.</summary>
internal sealed record MapPool(string Name, PoolUtilization Usage, IReadOnlyList<MapBlock> Blocks);

/// <summary>Pools and blocks as a picture: who owns which block, how full, what is borrowed, reserved, cooling.</summary>
internal sealed record AddressMap(IReadOnlyList<MapPool> Pools)
{
    private const int MostCells = 64;

    public IReadOnlyList<string> Owners => [.. Pools.SelectMany(pool => pool.Blocks).Select(block => block.Owner).Distinct().Order(StringComparer.Ordinal)];

    public static AddressMap Of(IReadOnlyList<PoolUtilization> usage, IReadOnlyList<IpamBlock> blocks, IReadOnlyList<IPReservation> reservations)
    {
        Dictionary<IPNetwork, IpamBlock> byRange = blocks.ToDictionary(block => block.Cidr);
        List<IPNetwork> reserved = [.. reservations.SelectMany(reservation => reservation.Networks)];
        return new AddressMap([.. usage.Select(pool => new MapPool(pool.Name, pool, [.. pool.Blocks.Select(block => Block(byRange[block.Cidr], reserved))]))]);
    }

    private static MapBlock Block(IpamBlock block, List<IPNetwork> reserved)
    {
        List<MapCell> cells = [.. Enumerable.Range(0, block.Size).Select(ordinal => Cell(block, ordinal, reserved))];
        int width = Math.Max(1, block.Size / MostCells);
        List<MapCell> shown = width == 1 ? cells : [.. cells.Chunk(width).Select(chunk => new MapCell(chunk.Max(cell => cell.State), $"{chunk.Count(cell => cell.State >= CellState.InUse)} of {chunk.Length} in use from {chunk[0].Text}"))];
        return new MapBlock(block.Cidr, block.Affinity?.Name ?? "nobody", block.Size, cells.Count(cell => cell.State >= CellState.InUse), shown);
    }

    private static MapCell Cell(IpamBlock block, int ordinal, List<IPNetwork> reserved)
    {
        IPAddress address = block.Address(ordinal);
        if (block.Attribute(ordinal) is not { } record)
            return reserved.Exists(network => network.Contains(address)) ? new(CellState.Reserved, $"{address} reserved") : new(CellState.Free, $"{address} free");
        if (record.IsCooling) return new(CellState.Cooling, $"{address} cooling down since {record.ReleasedAt:u}");
        bool borrowed = record.Owner.TryGetValue(OwnerAttributes.Node, out string? node) && node != block.Affinity?.Name;
        string user = record.Owner.TryGetValue(OwnerAttributes.Pod, out string? pod) ? $"{record.Owner.GetValueOrDefault(OwnerAttributes.Namespace)}/{pod}" : record.HandleId ?? "no handle";
        return new(borrowed ? CellState.Borrowed : CellState.InUse, $"{address} {user}{(borrowed ? $", borrowed by {node}" : "")}");
    }
}
