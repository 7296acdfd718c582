using System.Globalization;
using System.Text;
using Calico.Lab.Nodes;

namespace Calico.Lab;

/// <summary>What a person may want to type into a lab that was left up.</summary>
internal static class KeepHints
{
    public static string For(LabRun lab, Workspace workspace)
    {
        string node = lab.Plan.Nodes[0].Namespace, pod = lab.Pods[0].NetworkNamespace;
        string enter = Launcher.IsInsideUserNamespace ? $"nsenter --preserve-credentials -U -m -n -t {lab.Router.ProcessId ?? Environment.ProcessId} " : "";
        const string tool = "dotnet run -c Release --project samples/Calico.Cli -- ";
        StringBuilder text = new();
        text.AppendLine("The lab is up. Look around:");
        string[] commands =
        [
            "ip netns",
            $"ip netns exec {node} nft list ruleset",
            $"ip netns exec {node} ip route",
            $"ip netns exec {lab.Plan.RouterNamespace} ip -6 route",
            $"ip netns exec {pod} ip address",
            $"ip netns exec {node} tcpdump -ni eth0 not port 179",
            .. lab.Router.Hints,
            $"{tool}bgp status --socket {AgentProcess.BgpSocket(workspace, lab.Plan.Nodes[0])}",
            $"{tool}node policy show --netns {node}",
            lab.Datastore.Hint,
        ];
        foreach (string command in commands) text.AppendLine(CultureInfo.InvariantCulture, $"  {enter}{command}");
        text.AppendLine(CultureInfo.InvariantCulture, $"Logs of the agents are in {workspace.Folder}.");
        text.Append("Remove it: dotnet run -c Release --project samples/Calico.Lab -- down");
        return text.ToString();
    }
}
