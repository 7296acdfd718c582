namespace Calico.Datastore.Etcd;

/// <summary>How a member of the cluster is.</summary>
/// <param name="Version">Its etcd release.</param>
/// <param name="DatabaseSize">The size of its database file in bytes.</param>
/// <param name="Revision">The store's revision.</param>
/// <param name="HasLeader">Whether the cluster has a leader.</param>
/// <param name="IsLeader">Whether this member is it.</param>
public sealed record EtcdStatus(string Version, long DatabaseSize, long Revision, bool HasLeader, bool IsLeader);
