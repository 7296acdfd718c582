using System.Net;
using Calico.Bgp;
using Calico.Dataplane;
using Calico.Datastore;
using Calico.Datastore.Etcd;
using Calico.Datastore.Sqlite;
using Calico.Ipam;
using Calico.Netlink;
using Calico.Policy.Engine;
using Calico.Policy.Manifests;
using Calico.Policy.Model;
using Quickstart;

// Every package's main job in one native program, for a network namespace of its own.
// Arguments: a folder of manifests and one to write to; one line a package that works.
string manifests = args[0], scratch = args[1];

using (RtNetlink netlink = RtNetlink.Open())
{
    Link loopback = await netlink.Links.GetAsync("lo");
    await netlink.Links.SetUpAsync(loopback.Index);
    Done("Calico.Netlink", (await netlink.Links.GetAsync("lo")).IsUp);
}

ExplainAFlow.Run(manifests);
FeedTheEngine.Run(manifests);
Done("Calico.Policy", ProveAProperty.Run(manifests));

using (CancellationTokenSource late = new(TimeSpan.FromSeconds(60)))
{
    IPAddress leftAddress = IPAddress.Parse("127.0.0.2"), rightAddress = IPAddress.Parse("127.0.0.3");
    await using BgpSpeaker left = new(Speaker(65001, leftAddress) with
    {
        Listen = [new IPEndPoint(leftAddress, 0)],
        Neighbors = [new NeighborOptions { Address = rightAddress, Asn = 65002, Passive = true, NextHop = NextHopMode.Keep }],
    });
    await left.StartAsync();
    await using BgpSpeaker right = new(Speaker(65002, rightAddress) with
    {
        Neighbors = [new NeighborOptions { Address = leftAddress, Asn = 65001, LocalAddress = rightAddress, Port = left.ListenEndPoints[0].Port }],
    });
    await right.StartAsync();
    await left.AnnounceAsync(new LocalRoute(IPNetwork.Parse("10.244.0.0/26")) { NextHop = IPAddress.Parse("192.0.2.1") });
    await foreach (RouteChangeBatch batch in right.Subscribe().WithCancellation(late.Token))
    {
        if (!batch.Changes.Any(change => change.Prefix.ToString() == "10.244.0.0/26")) continue;
        Done("Calico.Bgp", true);
        break;
    }
}

await using (SqliteDatastore sqlite = new(Path.Combine(scratch, "store.db")))
{
    ResourceStore resources = new(sqlite);
    await resources.ApplyAsync(Resource.Parse("""
        {"apiVersion":"projectcalico.org/v3","kind":"IPPool","metadata":{"name":"pool-1"},"spec":{"cidr":"10.0.0.0/16"}}
        """u8));
    await resources.ApplyAsync(Resource.Parse("""
        {"apiVersion":"projectcalico.org/v3","kind":"Node","metadata":{"name":"node-1"}}
        """u8));
    Done("Calico.Datastore", (await resources.ListAsync(ResourceKinds.IPPool)).Items.Count == 1);
    IpamClient ipam = new(new DatastoreIpamStore(sqlite));
    AutoAssignResult assigned = await ipam.AutoAssignAsync(new AutoAssignRequest { IPv4 = 1, Node = "node-1", Handle = "pod-a" });
    Done("Calico.Ipam", assigned.ThrowIfIncomplete().Addresses.Count() == 1);
}

await using (EtcdDatastore etcd = new("http://127.0.0.1:1"))
{
    try
    {
        await etcd.GetAsync("/calico/nothing");
    }
    catch (DatastoreException unreachable)
    {
        Console.WriteLine(unreachable.Message);
        Done("Calico.Datastore.Etcd", true);
    }
}

PolicyEngine engine = new(new PolicyEngineOptions { NodeName = "node-1" });
foreach (ModelObject model in ManifestCluster.From(new Calico.Policy.Manifests.ManifestReader().ReadFiles(manifests)).State.Objects) engine.Upsert(model);
engine.MarkInSync();
await using (CalicoDataplane dataplane = CalicoDataplane.Open(new DataplaneOptions { NodeName = "node-1" }))
{
    dataplane.Apply(engine.Flush());
    Done("Calico.Dataplane", (await dataplane.FlushAsync()).Problems.Count == 0);
}

static void Done(string package, bool works) => Console.WriteLine($"{package}: {(works ? "works" : "FAILS")}");

static BgpSpeakerOptions Speaker(uint asn, IPAddress routerId) => new() { Asn = asn, RouterId = routerId, EbgpRequiresPolicy = false };
