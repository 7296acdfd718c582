using System.Text.Json.Nodes;
using Calico.Policy.Conversion;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Tests.Conversion;

/// <summary>v3 → backend: Calico's tables, and what fails closed here where Calico opens.</summary>
public class FlatteningTests
{
    public static IEnumerable<TheoryDataRow<string>> Rules => ConformanceCases.Of("policy/rule_v3_to_backend.json");

    [Theory, MemberData(nameof(Rules))]
    public void Rules_are_flattened_as_in_Calico(string row)
    {
        JsonObject @case = ConformanceCases.Parse(row);
        string ns = (string)@case["policyNamespace"]!;
        JsonObject spec = new() { ["ingress"] = new JsonArray(@case["rule"]!.DeepClone()) };
        JsonObject policy = new() { ["metadata"] = new JsonObject { ["name"] = "p", ["namespace"] = ns }, ["spec"] = spec };
        PolicyModel model = (PolicyModel)ResourceConverter.ToModel(ns.Length == 0 ? ResourceJson.Read<GlobalNetworkPolicy>(policy.ToJsonString()) : ResourceJson.Read<NetworkPolicy>(policy.ToJsonString())).Value!;
        RuleModel rule = Assert.Single(model.Ingress);
        foreach ((string field, JsonNode? expected) in @case["expected"]!.AsObject())
        {
            EntityMatch side = field.StartsWith("src", StringComparison.Ordinal) ? rule.Source : rule.Destination;
            switch (field[3..])
            {
                case "Selector": Assert.Equal((string)expected!, side.Selector ?? ""); break;
                case "Nets": Assert.Equal(expected!.AsArray().Select(n => (string)n!), side.Nets.Select(n => n.ToString())); break;
                case "Ports": Assert.Equal(expected!.AsArray().Select(n => n!.ToString()), side.Ports.Select(n => n.ToString())); break;
                default: Assert.StartsWith("original", field, StringComparison.Ordinal); break;
            }
        }
    }

    [Fact]
    public void A_policys_selector_carries_its_namespace_and_service_accounts()
    {
        Assert.Equal("projectcalico.org/namespace == 'ns'", EntitySelectors.ForPolicy(null, null, null, "ns"));
        Assert.Equal("(has(a)) && projectcalico.org/namespace == 'ns'", EntitySelectors.ForPolicy("has(a)", null, null, "ns"));
        Assert.Equal("((has(a)) && projectcalico.org/namespace == 'ns') && pcsa.r == \"x\"", EntitySelectors.ForPolicy("has(a)", null, "r == 'x'", "ns"));
        Assert.Equal("((has(a)) && pcns.t == \"all()\") && has(projectcalico.org/serviceaccount)", EntitySelectors.ForPolicy("has(a)", "t == 'all()'", "all()", ""));
        Assert.Equal("all()", EntitySelectors.ForPolicy(null, null, null, ""));
    }

    [Theory]
    [InlineData("Allow", """{"namespaceSelector":"a == b"}""", null)]
    [InlineData("Deny", """{"namespaceSelector":"a == b"}""", RuleAction.Deny)]
    [InlineData("Pass", """{"selector":"a == b"}""", RuleAction.Deny)]
    [InlineData("Log", """{"notSelector":"a == b"}""", null)]
    [InlineData("Allow", """{"nets":["nonsense"]}""", null)]
    [InlineData("Allow", """{"serviceAccounts":{"selector":"a == b"}}""", null)]
    [InlineData("Explode", "{}", RuleAction.Deny)]
    public void A_rule_that_cannot_be_read_fails_closed(string action, string source, RuleAction? left)
    {
        GlobalNetworkPolicy policy = ResourceJson.Read<GlobalNetworkPolicy>($$$"""{"metadata":{"name":"p"},"spec":{"ingress":[{"action":"{{{action}}}","source":{{{source}}}}]}}""");
        Converted<ModelObject> converted = ResourceConverter.ToModel(policy);
        Assert.NotEmpty(converted.Problems);
        Assert.Equal(left, ((PolicyModel)converted.Value!).Ingress.Select(r => (RuleAction?)r.Action).SingleOrDefault());
        Assert.All((IEnumerable<RuleModel>)((PolicyModel)converted.Value).Ingress, r => Assert.Equal(new RuleModel { Action = RuleAction.Deny }, r));
    }

    [Fact]
    public void A_policy_whose_selector_cannot_be_read_denies_what_it_may_select()
    {
        GlobalNetworkPolicy policy = ResourceJson.Read<GlobalNetworkPolicy>("""{"metadata":{"name":"p"},"spec":{"selector":"has(a)","namespaceSelector":"a ==","ingress":[{"action":"Allow"}]}}""");
        PolicyModel model = (PolicyModel)ResourceConverter.ToModel(policy).Value!;
        Assert.Equal("has(a)", model.Selector);
        Assert.Equal([new RuleModel { Action = RuleAction.Deny }], model.Ingress);
    }

    [Fact]
    public void Labels_that_belong_to_namespaces_cannot_be_claimed_by_pods()
    {
        Pod pod = ResourceJson.Read<Pod>("""{"metadata":{"name":"p","namespace":"dev","labels":{"pcns.team":"shop","pcsa.x":"y","app":"a","projectcalico.org/namespace":"shop"}},"spec":{"nodeName":"n"}}""");
        WorkloadEndpointModel endpoint = (WorkloadEndpointModel)ResourceConverter.ToModel(pod).Value!;
        Assert.Equal(LabelMap.Of(("app", "a"), ("projectcalico.org/namespace", "dev"), ("projectcalico.org/orchestrator", "k8s")), endpoint.Labels);
    }
}
