using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>Namespaces and service accounts as the profiles that carry their labels to endpoints.</summary>
public static class ProfileConverter
{
    /// <summary>Profile <c>kns.NAME</c>: labels prefixed <c>pcns.</c>; allows both ways, so that pods no policy selects are open.</summary>
    public static Profile Convert(Namespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        Rule allow = new() { Action = "Allow" };
        return new Profile
        {
            Metadata = Metadata(ns.Metadata, CalicoNames.NamespaceProfilePrefix + ns.Metadata.Name),
            Spec = new ProfileSpec { Ingress = [allow], Egress = [allow], LabelsToApply = Prefixed(ns.Metadata, CalicoNames.NamespaceLabelPrefix) },
        };
    }

    /// <summary>Profile <c>ksa.NAMESPACE.NAME</c>: labels prefixed <c>pcsa.</c>, no rules.</summary>
    public static Profile Convert(ServiceAccount account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return new Profile
        {
            Metadata = Metadata(account.Metadata, NameOf(account.Metadata.Namespace, account.Metadata.Name)),
            Spec = new ProfileSpec { LabelsToApply = Prefixed(account.Metadata, CalicoNames.ServiceAccountLabelPrefix) },
        };
    }

    internal static string NameOf(string? ns, string? account) =>
        $"{CalicoNames.ServiceAccountProfilePrefix}{(string.IsNullOrEmpty(ns) ? CalicoNames.DefaultNamespace : ns)}.{account}";

    private static ObjectMeta Metadata(ObjectMeta source, string name) =>
        new() { Name = name, Uid = DerivedUid.Of(source.Uid), CreationTimestamp = source.CreationTimestamp, ResourceVersion = source.ResourceVersion };

    private static LabelMap Prefixed(ObjectMeta source, string prefix)
    {
        Dictionary<string, string> labels = [];
        foreach ((string name, string value) in source.Labels.AsSpan()) labels[prefix + name] = value;
        labels[prefix + CalicoNames.NameLabel] = source.Name ?? "";
        return LabelMap.From(labels);
    }
}
