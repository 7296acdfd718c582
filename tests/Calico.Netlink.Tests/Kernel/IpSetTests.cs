using System.Net;
using System.Net.Sockets;

namespace Calico.Netlink.Tests;

public sealed class IpSetTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sets_of_every_type_come_back_as_they_were_made()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using IpSetClient sets = IpSetClient.Open(Lab.In(network));
        IpSet[] wanted =
        [
            new() { Name = "ips", Type = IpSetType.HashIp, Family = AddressFamily.InterNetwork, HasComments = true, Entries = [IpSetEntry.Of(IPAddress.Parse("10.0.0.1")) with { Comment = "first" }, IpSetEntry.Of(IPAddress.Parse("10.0.0.2"))] },
            new() { Name = "ips6", Type = IpSetType.HashIp, Family = AddressFamily.InterNetworkV6, TimeoutSeconds = 600, Entries = [IpSetEntry.Of(IPAddress.Parse("fd00::1"))] },
            new() { Name = "nets", Type = IpSetType.HashNet, Family = AddressFamily.InterNetwork, HasCounters = true, Entries = [IpSetEntry.Of(IPNetwork.Parse("10.1.0.0/16")), IpSetEntry.Of(IPNetwork.Parse("10.1.2.0/24")) with { NoMatch = true }] },
            new() { Name = "ports", Type = IpSetType.HashIpPort, Family = AddressFamily.InterNetwork, Entries = [IpSetEntry.Of(IPAddress.Parse("10.0.0.1"), 6, 80), IpSetEntry.Of(IPAddress.Parse("10.0.0.1"), 17, 53)] },
        ];
        foreach (IpSet set in wanted) await sets.CreateAsync(set, Cancel);
        IReadOnlyList<IpSet> listed = await sets.ListAsync(cancellationToken: Cancel);
        Assert.Equal(4, listed.Count);
        foreach (IpSet set in wanted)
        {
            IpSet found = Assert.Single(listed, s => s.Name == set.Name);
            Assert.Equal((set.Type, set.Family, set.TimeoutSeconds, set.HasCounters, set.HasComments, set.MaximumElements), (found.Type, found.Family, found.TimeoutSeconds, found.HasCounters, found.HasComments, found.MaximumElements));
            Assert.Equal(
                set.Entries.Select(e => (e.ToString(), e.Comment, e.NoMatch)).Order(),
                found.Entries.Select(e => (e.ToString(), e.Comment, e.NoMatch)).Order());
        }

        string ports = Tools.Run(network, "ipset", "list ports");
        Assert.Contains("10.0.0.1,tcp:80", ports, StringComparison.Ordinal);
        Assert.Contains("10.1.2.0/24 nomatch", Tools.Run(network, "ipset", "list nets"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_elements_go_in_few_messages_and_sets_are_swapped()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using IpSetClient sets = IpSetClient.Open(Lab.In(network));
        IpSetEntry[] many = [.. Enumerable.Range(0, 5000).Select(i => IpSetEntry.Of(new IPAddress([10, 0, (byte)(i >> 8), (byte)i])))];
        await sets.CreateAsync(new IpSet { Name = "a", Type = IpSetType.HashIp, Family = AddressFamily.InterNetwork, Entries = many }, Cancel);
        await sets.CreateAsync(new IpSet { Name = "b", Type = IpSetType.HashIp, Family = AddressFamily.InterNetwork, Entries = many[..1] }, Cancel);
        await sets.SwapAsync("a", "b", Cancel);
        Assert.Equal((1, 5000), (Assert.Single(await sets.ListAsync("a", Cancel)).Entries.Count, Assert.Single(await sets.ListAsync("b", Cancel)).Entries.Count));
        await sets.DeleteAsync("b", many[..4999], cancellationToken: Cancel);
        Assert.Equal(many[4999].Network, Assert.Single(Assert.Single(await sets.ListAsync("b", Cancel)).Entries).Network);
        await sets.RenameAsync("b", "c", Cancel);
        await sets.FlushAsync("c", Cancel);
        Assert.Empty(Assert.Single(await sets.ListAsync("c", Cancel)).Entries);
        await sets.DestroyAsync("c", Cancel);
        Assert.True((await Assert.ThrowsAsync<NetlinkException>(async () => await sets.DestroyAsync("c", Cancel))).IsNotFound);
        Assert.True((await Assert.ThrowsAsync<NetlinkException>(async () => await sets.ListAsync("c", Cancel))).IsNotFound);
    }

    [Fact]
    public async Task Refusals_have_ipsets_own_text()
    {
        using NetworkNamespace network = Lab.NewNamespace();
        using IpSetClient sets = IpSetClient.Open(Lab.In(network));
        IpSet set = new() { Name = "a", Type = IpSetType.HashIp, Family = AddressFamily.InterNetwork, Entries = [IpSetEntry.Of(IPAddress.Parse("10.0.0.1"))] };
        await sets.CreateAsync(set, Cancel);
        Assert.True((await Assert.ThrowsAsync<NetlinkException>(async () => await sets.CreateAsync(set, Cancel))).IsAlreadyExists);
        NetlinkException e = await Assert.ThrowsAsync<NetlinkException>(async () => await sets.AddAsync("a", set.Entries, tolerant: false, Cancel));
        Assert.Contains("The element is in the set", e.Message, StringComparison.Ordinal);
        await sets.AddAsync("a", set.Entries, tolerant: true, Cancel);
        await Assert.ThrowsAsync<ArgumentException>(async () => await sets.CreateAsync(set with { Name = new string('x', 32) }, Cancel));
    }
}
