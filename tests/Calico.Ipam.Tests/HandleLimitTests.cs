using System.Net;

namespace Calico.Ipam.Tests;

/// <summary>The most addresses that a handle may have, also when several ask at the same moment.</summary>
public class HandleLimitTests
{
    private static readonly AutoAssignRequest Request = new() { Node = "n1", IPv4 = 1, Handle = "vm", MaxPerHandle = 2 };

    [Fact]
    public async Task At_the_limit_as_many_of_the_present_addresses_are_the_answer_as_were_asked_for()
    {
        (_, IpamClient client, _) = World.Of(World.Pool);
        IPAddress[] first = [await One(Request), await One(Request)];
        Assert.Equal(2, first.Distinct().Count());
        Assert.Contains(await One(Request), first);
        Assert.Equal(first.Length, (await client.IpsByHandleAsync("vm")).Count);

        async Task<IPAddress> One(AutoAssignRequest request) => Assert.Single((await client.AutoAssignAsync(request)).Addresses).Address;
    }

    [Fact]
    public async Task More_than_is_left_is_refused_with_what_there_is_and_nothing_is_taken()
    {
        (_, IpamClient client, _) = World.Of(World.Pool);
        AssignedAddress first = Assert.Single((await client.AutoAssignAsync(Request)).Addresses);
        IpamException refused = await World.Refused(() => client.AutoAssignAsync(Request with { IPv4 = 2 }));
        Assert.Equal(IpamErrorCode.HandleLimit, refused.Code);
        Assert.Contains(first.Address.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Single(await client.IpsByHandleAsync("vm"));
        Assert.Equal(IpamErrorCode.HandleLimit, (await World.Refused(() => client.AutoAssignAsync(Request with { Handle = "other", IPv4 = 3 }))).Code);
        Assert.Equal(IpamErrorCode.HandleNotFound, (await World.Refused(() => client.IpsByHandleAsync("other"))).Code);
    }

    [Fact]
    public async Task Two_processes_at_once_get_the_same_address()
    {
        for (int round = 0; round < 20; round++)
        {
            (InMemoryIpamStore store, _, _) = World.Of(World.Pool);
            AutoAssignResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => World.Client(store).AutoAssignAsync(Request with { Node = $"n{i}", MaxPerHandle = 1 }))));
            IPAddress address = Assert.Single(results.SelectMany(result => result.Addresses.Select(one => one.Address)).Distinct());
            Assert.Equal(address, Assert.Single(await World.Client(store).IpsByHandleAsync("vm")).Address);
        }
    }

    [Fact]
    public async Task Two_processes_at_once_cannot_name_different_addresses_for_one_handle()
    {
        for (int round = 0; round < 20; round++)
        {
            (InMemoryIpamStore store, _, _) = World.Of(World.Pool);
            await Task.WhenAll(Enumerable.Range(1, 8).Select(i => Task.Run(async () =>
            {
                AssignIPRequest named = new(IPAddress.Parse($"10.0.0.{(i % 4) + 1}")) { Node = "n1", Handle = "vm", MaxPerHandle = 1 };
                try
                {
                    await World.Client(store).AssignIPAsync(named);
                }
                catch (IpamException e)
                {
                    Assert.Equal(IpamErrorCode.HandleLimit, e.Code);
                }
            })));
            Assert.Single(await World.Client(store).IpsByHandleAsync("vm"));
        }
    }

    [Fact]
    public async Task A_name_with_more_addresses_of_one_family_than_of_the_other_keeps_them_all()
    {
        (_, IpamClient client, _) = World.Of(World.Pool, World.PoolV6);
        FixedAddresses names = new(client);
        AutoAssignRequest request = new() { Node = "n1", IPv4 = 1, IPv6 = 2, Attributes = new Dictionary<string, string> { [OwnerAttributes.Pod] = "web-0" } };
        IEnumerable<IPAddress> first = (await names.AcquireAsync("shop/web-0", request)).Addresses.Select(one => one.Address);
        Assert.Equal(first, (await names.AcquireAsync("shop/web-0", request)).Addresses.Select(one => one.Address));
        Assert.Equal(3, (await client.IpsByHandleAsync(FixedAddresses.HandleOf("shop/web-0"))).Count);
    }
}
