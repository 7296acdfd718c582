using Calico.Policy.Analysis;
using Calico.Policy.Manifests;
using Calico.Policy.Model;

namespace Quickstart;

internal static class ProveAProperty
{
    public static bool Run(string folder)
    {
        ManifestCluster cluster = ManifestCluster.From(new ManifestReader().ReadFiles(folder));
        Reachability reach = PolicyAnalysis.Reachability(cluster.State);
        AddressClass database = reach.ClassOf(cluster.AddressOf("shop/db"));
        bool isGuarded = reach.Classes(IpVersion.IPv4)
            .Where(from => from != database && !from.Endpoints.Contains("shop/api"))
            .All(from => reach[from, database].IsNone);
        Console.WriteLine(isGuarded ? "nothing but shop/api reaches the database" : "something else reaches the database");
        return isGuarded;
    }
}
