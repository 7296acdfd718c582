using System.Net;

namespace Calico.Bgp.Testing;

/// <summary>UPDATEs in the order a neighbour sends them.</summary>
/// <param name="Updates">The messages; prefixes come again and again.</param>
public sealed record RouteStream(IReadOnlyList<UpdateMessage> Updates)
{
    /// <summary>What the stream leaves behind.</summary>
    /// <returns>The attributes last announced of each prefix not withdrawn since.</returns>
    public IReadOnlyDictionary<IPNetwork, PathAttributes> Outcome()
    {
        var routes = new Dictionary<IPNetwork, PathAttributes>();
        foreach (UpdateMessage update in Updates)
        {
            foreach (IPNetwork prefix in update.Prefixes)
            {
                if (update.Attributes is { } attributes) routes[prefix] = attributes;
                else routes.Remove(prefix);
            }
        }

        return routes;
    }

    /// <summary>For people.</summary>
    /// <returns>One message on each line.</returns>
    public override string ToString() => string.Join('\n', Updates);
}
