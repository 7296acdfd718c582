using System.Net;
using Calico.Policy.Model;

namespace Calico.Policy.Bench;

/// <summary>The shape of Felix's own calculation-graph benchmark: marker labels, policies on them, one hundred namespaces.</summary>
internal static class FelixWorkload
{
    private static readonly string[] Markers =
    [
        "FOO_BAR", "FOO_BAR", "BIFF_BOP", "calico/FizzBuzz", "calico/BoffBip", "calico/Bazzle", "calico/Razzle", "calico/DoopDeeDoo",
        "calico/SOME_LABEL", "calico/BORED_NOW", "MyMarkerLabel", "xFOO_BAR", "xBIFF_BOP", "xcalico/FizzBuzz", "xcalico/BoffBip", "xcalico/Bazzle",
        "xcalico/Razzle", "xcalico/DoopDeeDoo", "xcalico/SOME_LABEL", "xcalico/BORED_NOW", "yxMyMarkerLabel", "yxFOO_BAR", "yxBIFF_BOP",
        "yxcalico/FizzBuzz", "yxcalico/BoffBip", "yxcalico/Bazzle", "yxcalico/Razzle", "yxcalico/DoopDeeDoo", "yxcalico/SOME_LABEL",
        "yxcalico/BORED_NOW", "yxMyMarkerLabel",
    ];

    public static IEnumerable<ModelObject> Policies(int count)
    {
        for (int i = 0; i < count; i++)
        {
            RuleModel[] rules = new RuleModel[5];
            for (int j = 0; j < rules.Length; j++) rules[j] = new RuleModel { Source = new EntityMatch { Selector = $"has({Markers[(i + j) % Markers.Length]})" } };
            yield return new PolicyModel
            {
                Id = new PolicyId(PolicyKind.GlobalNetworkPolicy, "", $"tag-pol-{i}"),
                Selector = $"has({Markers[i % Markers.Length]})",
                Ingress = [.. rules],
            };
        }
    }

    public static IEnumerable<ModelObject> Namespaces(int count)
    {
        for (int i = 0; i < count; i++)
            yield return new ProfileModel { Name = $"kns.namespace-{i}", Labels = LabelMap.Of(("pcns.projectcalico.org/name", $"namespace-{i}")) };
    }

    /// <summary>Every text is its own object, as it is when decoded from a datastore.</summary>
    public static IEnumerable<ModelObject> Endpoints(int from, int count, string node)
    {
        for (int n = from; n < from + count; n++)
        {
            int seed = n + 1;
            yield return new WorkloadEndpointModel
            {
                Id = new WorkloadEndpointId(Copy(node), Copy("k8s"), $"wep-{n}", Copy("eth0")),
                Labels = LabelMap.Of(
                    (Copy("one-in-10"), $"value-{seed % 10}"), (Copy("one-in-11"), $"value-{seed % 11}"), (Copy("one-in-20"), $"value-{seed % 20}"),
                    (Copy("one-in-30"), $"value-{seed % 30}"), (Copy("one-in-40"), $"value-{seed % 40}"), (Copy(Markers[seed % Markers.Length]), Copy("true"))),
                Nets = [new IPNetwork(new IPAddress((long)(uint)IPAddress.HostToNetworkOrder(0x0a000001 + n)), 32)],
                Profiles = [$"kns.namespace-{n % 100}"],
            };
        }
    }

    private static string Copy(string text) => new(text.AsSpan());
}
