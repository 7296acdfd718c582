using System.Net;
using Calico.Ipam.Testing;

namespace Calico.Ipam.Tests.Conformance;

/// <summary>What other processes do at the worst moment, as the scenarios tell it.</summary>
internal static class ScenarioInjections
{
    public static void Install(string what, FaultyIpamStore faulty, InMemoryIpamStore inner, MutableCluster cluster, TimeProvider time)
    {
        IpamClient other = new(inner, cluster, time: time);
        AffinityOwner hostA = AffinityOwner.Host("host-a");
        if (what.StartsWith("when the block is deleted", StringComparison.Ordinal))
        {
            faulty.AfterCommit = (writes, result) => OnWrite(writes, write => write.IsDelete && IpamKeys.TryParseBlock(write.Key, out IPNetwork _), faulty, write =>
            {
                IpamKeys.TryParseBlock(write.Key, out IPNetwork block);
                inner.Put(IpamKeys.Affinity(hostA, block), new BlockAffinity(hostA, block, AffinityState.Pending).Encode());
                inner.Put(write.Key, Blocks.BlockFactory.Create(block, hostA, null, time.GetUtcNow()).Encode());
                return Task.CompletedTask;
            });
        }
        else if (what.StartsWith("host-b takes the block", StringComparison.Ordinal))
        {
            bool taken = false, refused = false;
            faulty.OnCommit = async writes =>
            {
                StoreWrite write = writes.Span[0];
                if (!taken && write.ExpectedRevision == 0 && IpamKeys.TryParseBlock(write.Key, out IPNetwork block))
                {
                    taken = true;
                    Assert.Single((await other.ClaimAffinityAsync(block, "host-b")).Claimed);
                }

                if (!taken || refused || !write.IsDelete || !IpamKeys.TryParseAffinity(write.Key, out _, out _)) return StoreFault.None;
                refused = true;
                return StoreFault.Conflict;
            };
        }
        else if (what.StartsWith("right after the affinity is marked pendingDeletion", StringComparison.Ordinal))
        {
            faulty.AfterCommit = (writes, result) => OnWrite(writes, write => write.Value is { } value && IpamKeys.TryParseAffinity(write.Key, out _, out _) && BlockAffinity.Decode(write.Key, value).State == AffinityState.PendingDeletion, faulty, async write =>
            {
                IpamKeys.TryParseAffinity(write.Key, out _, out IPNetwork block);
                await other.AssignIPAsync(new AssignIPRequest(block.BaseAddress) { Node = "host-b", Handle = "theirs" });
            });
        }
        else
        {
            throw new NotSupportedException(what);
        }
    }

    private static async ValueTask OnWrite(ReadOnlyMemory<StoreWrite> writes, Func<StoreWrite, bool> which, FaultyIpamStore faulty, Func<StoreWrite, Task> react)
    {
        foreach (StoreWrite write in writes.ToArray().Where(which))
        {
            faulty.AfterCommit = null;
            await react(write);
        }
    }
}
