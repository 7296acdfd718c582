using System.Globalization;
using System.Net;

namespace Calico.Netlink.PeerBench;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchArguments(string Operation)
{
    public int Count { get; init; } = 100_000;
    public string Device { get; init; } = "veth0";
    public IPAddress Via { get; init; } = IPAddress.Parse("172.31.0.2");
    public uint Table { get; init; } = WellKnownRouteTables.Main;
    public bool NexthopObject { get; init; }
    public string Shape { get; init; } = "set";
    public int? Pairs { get; init; }

    public static bool TryParse(string[] args, out BenchArguments? arguments, out string? error)
    {
        BenchArguments result = new(args[0]);
        (arguments, error) = (null, null);
        for (int i = 1; i < args.Length; i++)
        {
            string option = args[i];
            if (option == "--nexthop-object")
            {
                result = result with { NexthopObject = true };
                continue;
            }

            if (++i == args.Length) return false;
            string value = args[i];
            switch (option)
            {
                case "--count" when int.TryParse(value, CultureInfo.InvariantCulture, out int count) && count > 0: result = result with { Count = count }; break;
                case "--pairs" when int.TryParse(value, CultureInfo.InvariantCulture, out int pairs) && pairs > 0: result = result with { Pairs = pairs }; break;
                case "--dev": result = result with { Device = value }; break;
                case "--via" when IPAddress.TryParse(value, out IPAddress? via): result = result with { Via = via }; break;
                case "--table" when uint.TryParse(value, CultureInfo.InvariantCulture, out uint table): result = result with { Table = table }; break;
                case "--shape" when value is "set" or "interval" or "concat" or "chains": result = result with { Shape = value }; break;
                default:
                    error = $"{option} {value}: not an option or not a value for it";
                    return true;
            }
        }

        arguments = result;
        return true;
    }
}
