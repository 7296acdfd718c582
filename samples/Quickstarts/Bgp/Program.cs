using System.Net;
using Calico.Bgp;

// Peer with a router, announce one prefix, print what it has to say.
await using BgpSpeaker speaker = new(new BgpSpeakerOptions
{
    Asn = 64512,
    RouterId = IPAddress.Parse("192.0.2.1"),
    Neighbors = [new NeighborOptions { Address = IPAddress.Parse(args[0]), Asn = uint.Parse(args[1]), Import = RouteFilter.AcceptAll, Export = RouteFilter.AcceptAll }],
});
await speaker.StartAsync();
await speaker.AnnounceAsync(new LocalRoute(IPNetwork.Parse("10.244.0.0/26")));
await foreach (RouteChangeBatch batch in speaker.Subscribe())
    foreach (RouteChange change in batch.Changes)
        Console.WriteLine($"{change.Kind} {change.Prefix} via {string.Join(' ', change.NextHops.Select(h => h.Address))}");
