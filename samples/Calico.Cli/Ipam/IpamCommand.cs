using System.CommandLine;

namespace Calico.Cli.Ipam;

/// <summary><c>calico ipam …</c></summary>
internal static class IpamCommand
{
    public static Command Create(Terminal terminal) => new("ipam", "IP address management: assign, release, show, check and change.")
    {
        AssignCommand.Create(terminal),
        ReleaseCommand.Create(terminal),
        ShowCommand.Create(terminal),
        CheckCommand.Create(terminal),
        ConfigureCommand.Create(terminal),
        SplitCommand.Create(terminal),
        MigrateCommand.Create(terminal),
        GcCommand.Create(terminal),
        MapCommand.Create(terminal),
        ForecastCommand.Create(terminal),
    };
}
