using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Resources;
using Calico.Yaml;

namespace Calico.Policy.Validation;

/// <summary>One side of a v3 rule.</summary>
internal static class EntityChecks
{
    private const int MostNets = 256;
    private const int MostPorts = 50;

    public static void Check(EntityRule entity, Protocol? protocol, string path, Checks checks)
    {
        if (entity == EntityRule.Any) return;
        Nets(entity.Nets, $"{path}.nets", negated: false, checks);
        Nets(entity.NotNets, $"{path}.notNets", negated: true, checks);
        checks.Selector(entity.Selector, $"{path}.selector");
        checks.Selector(entity.NotSelector, $"{path}.notSelector");
        checks.Selector(entity.NamespaceSelector, $"{path}.namespaceSelector", globalAllowed: true);
        Ports(entity.Ports, protocol, $"{path}.ports", checks);
        Ports(entity.NotPorts, protocol, $"{path}.notPorts", checks);
        if (entity.ServiceAccounts is { } accounts)
        {
            checks.Selector(accounts.Selector, $"{path}.serviceAccounts.selector");
            for (int i = 0; i < accounts.Names.Count; i++)
                checks.Require(NameRules.IsSubdomain(accounts.Names[i]), DocumentPath.Join($"{path}.serviceAccounts.names", i), $"{Checks.Shown(accounts.Names[i])} is not the name of a service account");
        }

        checks.Require(entity.NodeSelector is null, $"{path}.nodeSelector", "is no field of Calico's; only nodes peers of cluster policies select nodes");
        if (entity.Services is { } services) Services(services, entity, $"{path}.services", checks);
        for (int i = 0; i < entity.Domains.Count; i++)
        {
            string domain = entity.Domains[i];
            checks.Require(NameRules.IsSubdomain(domain.StartsWith("*.", StringComparison.Ordinal) ? domain[2..] : domain), DocumentPath.Join($"{path}.domains", i), $"{Checks.Shown(domain)} is not a domain name");
        }
    }

    private static void Nets(EquatableArray<string> nets, string path, bool negated, Checks checks)
    {
        checks.AtMost(nets.Count, MostNets, path);
        for (int i = 0; i < nets.Count; i++)
        {
            string at = DocumentPath.Join(path, i);
            if (checks.Network(nets[i], at) is { Length: 0 } && negated) checks.Add(at, $"{Checks.Shown(nets[i])} leaves nothing that could match");
        }
    }

    private static void Ports(EquatableArray<Port> ports, Protocol? protocol, string path, Checks checks)
    {
        checks.AtMost(ports.Count, MostPorts, path);
        for (int i = 0; i < ports.Count; i++)
        {
            string at = DocumentPath.Join(path, i);
            if (ports[i].Name is not null)
            {
                checks.Require(protocol is null || protocol.Value.SupportsPorts, at, "needs protocol TCP, UDP or SCTP, or none");
                continue;
            }

            checks.Require(ports[i].First > 0, at, $"{ports[i]}: ports are 1–65535");
            checks.Require(protocol is { SupportsPorts: true }, at, "needs protocol TCP, UDP or SCTP");
        }
    }

    private static void Services(ServiceMatch services, EntityRule entity, string path, Checks checks)
    {
        checks.Require(!string.IsNullOrEmpty(services.Name), $"{path}.name", "is required");
        checks.Require(string.IsNullOrEmpty(entity.NamespaceSelector), path, "excludes namespaceSelector");
        checks.Require(string.IsNullOrEmpty(entity.Selector) && string.IsNullOrEmpty(entity.NotSelector), path, "excludes selector and notSelector");
        checks.Require(entity.ServiceAccounts is null, path, "excludes serviceAccounts");
        checks.Require(entity.Nets.IsEmpty && entity.NotNets.IsEmpty, path, "excludes nets and notNets");
    }
}
