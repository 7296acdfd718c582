using System.Net;
using Calico.Policy.Resources;

namespace Calico.Lab.Pods;

/// <summary>A pod that was started: its object, its addresses, the namespace it lives in.</summary>
internal sealed record RunningPod(Pod Pod, string NetworkNamespace, IReadOnlyList<IPAddress> Addresses)
{
    public string FullName => $"{Pod.Metadata.Namespace}/{Pod.Metadata.Name}";
}
