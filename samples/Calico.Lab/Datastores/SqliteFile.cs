using Calico.Datastore;
using Calico.Datastore.Sqlite;

namespace Calico.Lab.Datastores;

/// <summary>One file that all agents share.</summary>
internal sealed class SqliteFile(Workspace workspace) : ILabDatastore
{
    private readonly string _file = workspace.FileOf("calico.db");
    private SqliteDatastore? _client;

    public string Name => "SQLite";

    public string Address => $"sqlite://{_file}";

    public IDatastore Client => _client ??= new(_file);

    public string Hint => $"sqlite3 {_file}";

    public ValueTask DisposeAsync() => _client?.DisposeAsync() ?? ValueTask.CompletedTask;
}
