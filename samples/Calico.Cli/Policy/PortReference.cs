using System.Globalization;
using Calico.Policy.Model;

namespace Calico.Cli.Policy;

/// <summary>A port and protocol as a person writes them: <c>80/TCP</c>, <c>53/udp</c>, <c>443</c>, <c>ICMP</c>.</summary>
internal readonly record struct PortReference(IpProtocol Protocol, ushort Port)
{
    public static bool TryParse(string text, out PortReference port, out string error)
    {
        port = default;
        error = "";
        string[] parts = text.Split('/');
        if (parts.Length == 1 && IpProtocol.TryParse(text, out IpProtocol alone) && !ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            if (!alone.HasPorts)
            {
                port = new PortReference(alone, 0);
                return true;
            }

            error = $"{alone} needs a port: 80/{alone}";
            return false;
        }

        IpProtocol protocol = IpProtocol.Tcp;
        if (parts.Length <= 2 && ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0
            && (parts.Length == 1 || (IpProtocol.TryParse(parts[1], out protocol) && protocol.HasPorts)))
        {
            port = new PortReference(protocol, number);
            return true;
        }

        error = $"'{text}' is not a port: write 80/TCP, 53/UDP, or ICMP";
        return false;
    }
}
