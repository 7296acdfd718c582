using Calico.Net;

namespace Calico.Datastore.Validation;

/// <summary>BGPFilter (api <c>bgpfilter.go</c> with its CEL rules).</summary>
internal sealed class BgpFilterRule : IResourceRule
{
    private static readonly string[] OperationNames = ["addCommunity", "prependASPath", "setPriority"];

    public void Default(Resource resource)
    {
    }

    public void Validate(Resource resource, ICollection<ResourceProblem> problems)
    {
        if (resource.Kind != ResourceKinds.BGPFilter) return;
        FieldReader spec = FieldReader.Spec(resource, problems);
        foreach (string list in (string[])["exportV4", "importV4"]) Rules(spec, list, 4);
        foreach (string list in (string[])["exportV6", "importV6"]) Rules(spec, list, 6);
    }

    private static void Rules(FieldReader spec, string list, int family)
    {
        foreach (FieldReader rule in spec.Objects(list)) Rule(rule, family);
    }

    private static void Rule(FieldReader rule, int family)
    {
        string? action = rule.OneOf("action", "Accept", "Reject");
        if (!rule.Has("action")) rule.Add("action", "is missing");
        rule.OneOf("source", "RemotePeers");
        rule.OneOf("peerType", "eBGP", "iBGP");
        rule.OneOf("matchOperator", "Equal", "NotEqual", "In", "NotIn");
        IpPrefix? cidr = rule.Cidr("cidr", family);
        if (cidr is not null && rule.Text("cidr")?.Contains('/', StringComparison.Ordinal) != true) rule.Add("cidr", "must have a prefix length");
        if (rule.Has("cidr") != rule.Has("matchOperator")) rule.Add(rule.Has("cidr") ? "matchOperator" : "cidr", "cidr and matchOperator must be set together");
        if (rule.Text("interface") is { } name && !BgpRule.IsInterfacePattern(name)) rule.Add("interface", $"'{name}' is not an interface name with wildcards");
        if (rule.Object("prefixLength") is { } length)
        {
            int longest = family == 6 ? 128 : 32;
            length.Number("min", 0, longest);
            length.Number("max", 0, longest);
            if (!rule.Has("cidr")) rule.Add("prefixLength", "needs cidr");
        }

        foreach (FieldReader operation in rule.Objects("operations")) Operation(operation);
        if (action == "Reject" && rule.Has("operations")) rule.Add("operations", "may only be set with the action Accept");
    }

    private static void Operation(FieldReader operation)
    {
        if (operation.Count != 1 || !OperationNames.Any(operation.Has))
        {
            operation.Add("", $"must be exactly one of {string.Join(", ", OperationNames)}");
            return;
        }

        if (operation.Object("addCommunity") is { } community && (community.Text("value") is not { } value || !BgpRule.IsCommunity(value)))
            community.Add("value", "must be a community aa:nn or aa:nn:mm");
        operation.Object("setPriority")?.Number("value", 1, int.MaxValue - 1);
    }
}
