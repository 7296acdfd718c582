using Calico.Datastore;

namespace Calico.Lab.Datastores;

/// <summary>Where the cluster's state is kept.</summary>
internal interface ILabDatastore : IAsyncDisposable
{
    string Name { get; }

    /// <summary>What agents are given as <c>--datastore</c>.</summary>
    string Address { get; }

    /// <summary>The lab's own access.</summary>
    IDatastore Client { get; }

    /// <summary>A way for a person to look at it.</summary>
    string Hint { get; }
}
