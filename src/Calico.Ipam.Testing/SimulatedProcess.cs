namespace Calico.Ipam.Testing;

/// <summary>One process of a simulation: at most one operation at a time, and nothing that survives a crash.</summary>
internal sealed class SimulatedProcess
{
    private readonly Func<SteppedIpamStore> _newStore;
    private readonly Func<IIpamStore, IpamClient> _newClient;
    private IpamClient _client;
    private Task? _running;

    public SimulatedProcess(string node, Func<SteppedIpamStore> newStore, Func<IIpamStore, IpamClient> newClient)
    {
        (Node, _newStore, _newClient) = (node, newStore, newClient);
        Store = newStore();
        _client = newClient(Store);
    }

    public string Node { get; }

    public SteppedIpamStore Store { get; private set; }

    /// <summary>Pods that the running operation assigns addresses for.</summary>
    public List<string> Pods { get; } = [];

    public bool IsIdle => _running is null;

    public void Begin(Func<IpamClient, Task> operation) => _running = operation(_client);

    public Task? TakeFinished()
    {
        if (_running is not { IsCompleted: true } finished) return null;
        _running = null;
        return finished;
    }

    /// <summary>Whatever was in memory is gone; the store keeps what was written.</summary>
    public void Crash()
    {
        Store.Crash();
        Store = _newStore();
        _client = _newClient(Store);
        _running = null;
    }
}
