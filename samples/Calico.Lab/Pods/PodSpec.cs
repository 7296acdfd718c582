namespace Calico.Lab.Pods;

/// <summary>A Pod as the lab needs it: who it is and where it runs.</summary>
internal sealed record PodSpec(string Namespace, string Name, string Node, IReadOnlyDictionary<string, string> Labels, string ServiceAccount, IReadOnlyList<PodPort> Ports)
{
    public string FullName => $"{Namespace}/{Name}";
}

internal sealed record PodPort(string? Name, int Number, string Protocol);
