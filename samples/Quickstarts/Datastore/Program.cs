using Calico.Datastore;
using Calico.Datastore.Sqlite;

// One file that several processes share; a change anywhere is seen everywhere.
await using SqliteDatastore datastore = new(Path.Combine(Path.GetTempPath(), "calico-quickstart.db"));
ResourceStore resources = new(datastore);
await resources.ApplyAsync(Resource.Parse("""
    {"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "security"}, "spec": {"order": 100}}
    """u8));
foreach (Resource tier in (await resources.ListAsync(ResourceKinds.Tier)).Items) Console.WriteLine(tier.ToJsonText());
