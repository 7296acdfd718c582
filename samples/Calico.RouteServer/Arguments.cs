using System.Diagnostics.CodeAnalysis;

namespace Calico.RouteServer;

internal sealed record Arguments(string Config, string? Socket, bool Trace)
{
    public static bool TryParse(string[] args, [NotNullWhen(true)] out Arguments? arguments, out string? problem)
    {
        string? config = null, socket = null;
        bool trace = false;
        arguments = null;
        for (int i = 0; i < args.Length; i++)
        {
            bool hasValue = i + 1 < args.Length;
            switch (args[i])
            {
                case "--config" when hasValue:
                    config = args[++i];
                    break;
                case "--socket" when hasValue:
                    socket = args[++i];
                    break;
                case "--trace":
                    trace = true;
                    break;
                default:
                    problem = $"'{args[i]}' is not an option, or its value is missing.";
                    return false;
            }
        }

        problem = config is null ? "--config is missing." : null;
        if (config is null) return false;
        arguments = new Arguments(config, socket, trace);
        return true;
    }
}
