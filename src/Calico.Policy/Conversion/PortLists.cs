using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>Lists of ports as Calico merges them.</summary>
public static class PortLists
{
    /// <summary>The fewest ranges that cover the same ports, in ascending order, after the named ports; a list with at most one numeric port stays as it is.</summary>
    public static IReadOnlyList<Port> Simplify(IReadOnlyList<Port> ports)
    {
        ArgumentNullException.ThrowIfNull(ports);
        if (ports.Where(static p => p.Name is null).Sum(static p => p.Last - p.First + 1) <= 1) return ports;
        List<Port> simple = [.. ports.Where(static p => p.Name is not null)];
        List<Port> numeric = [.. ports.Where(static p => p.Name is null).OrderBy(static p => p.First)];
        for (int i = 0; i < numeric.Count;)
        {
            int first = numeric[i].First, last = numeric[i].Last;
            for (i++; i < numeric.Count && numeric[i].First <= last + 1; i++) last = Math.Max(last, numeric[i].Last);
            simple.Add(new Port((ushort)first, (ushort)last));
        }

        return simple;
    }

    /// <summary>Ports by protocol, protocols in byte order; an empty list is every port, protocol null every protocol.</summary>
    internal sealed class ByProtocol
    {
        private readonly SortedDictionary<string, List<Port>?> _ports = new(StringComparer.Ordinal);

        public void Add(string protocol, Port? port)
        {
            if (port is null) _ports[protocol] = null;
            else if (!_ports.TryGetValue(protocol, out List<Port>? list)) _ports[protocol] = [port.Value];
            else list?.Add(port.Value);
        }

        /// <summary>One entry a protocol; a lone entry for everything when nothing was added.</summary>
        public IEnumerable<(Protocol? Protocol, IReadOnlyList<Port> Ports)> Merged()
        {
            if (_ports.Count == 0) yield return (null, []);
            foreach ((string protocol, List<Port>? ports) in _ports)
                yield return (protocol.Length == 0 ? null : new Protocol(protocol), ports is null ? [] : Simplify(ports));
        }
    }
}
