using System.Text.RegularExpressions;

namespace Calico.Datastore.Validation;

/// <summary>Calico's KubeControllersConfiguration (<c>api/pkg/apis/projectcalico/v3/kubecontrollersconfig.go</c>).</summary>
internal sealed partial class KubeControllersRule : IResourceRule
{
    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        if (resource.Kind != ResourceKinds.KubeControllersConfiguration) return;
        FieldReader spec = FieldReader.Spec(resource, problems);
        spec.OneOf("healthChecks", "Enabled", "Disabled");
        spec.OneOf("logSeverityScreen", ["None", .. FelixRule.LogSeverities]);
        if (spec.Object("controllers") is not { } controllers) return;
        controllers.Object("loadBalancer")?.OneOf("assignIPs", "AllServices", "RequestedServicesOnly");
        if (controllers.Object("node") is not { } node) return;
        node.OneOf("syncLabels", "Enabled", "Disabled");
        if (node.Object("hostEndpoint") is not { } hosts) return;
        hosts.OneOf("autoCreate", "Enabled", "Disabled");
        hosts.OneOf("createDefaultHostEndpoint", "Enabled", "Disabled");
        foreach (FieldReader template in hosts.Objects("templates"))
        {
            if (template.Text("generateName") is { } name && !Name().IsMatch(name)) template.Add("generateName", $"'{name}' must be lower-case letters, digits, '-' and '.'");
            template.Annotations("annotations");
            template.Selector("nodeSelector");
            foreach ((string cidr, string field) in template.Texts("interfaceCIDRs"))
            {
                if (!Net.IpPrefix.TryParse(cidr, out _)) template.AddAt(field, $"'{cidr}' is not an IP address or prefix");
            }
        }
    }

    [GeneratedRegex("^[a-z0-9.-]{1,253}\\z")]
    private static partial Regex Name();
}
