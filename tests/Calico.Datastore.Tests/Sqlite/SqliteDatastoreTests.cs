using Calico.Datastore.Sqlite;
using Calico.Datastore.Tests.Stores;

namespace Calico.Datastore.Tests.Sqlite;

public sealed class SqliteDatastoreTests : DatastoreContract
{
    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "store.db");

    protected override ValueTask<IDatastore> OpenAsync() => new(new SqliteDatastore(File));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}
