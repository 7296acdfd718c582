using System.Text;
using System.Text.Json.Nodes;
using Calico.Ipam.Testing;
using FsCheck.Xunit;

namespace Calico.Ipam.Tests;

[Properties(Arbitrary = [typeof(IpamGenerators)], MaxTest = 200)]
public class BlockPropertyTests
{
    [Property]
    public void A_block_written_and_read_is_the_same(IpamBlock block)
    {
        Assert.Empty(IpamInvariants.Check(block));
        byte[] written = block.Encode();
        Assert.Equal(Encoding.UTF8.GetString(written), Encoding.UTF8.GetString(IpamBlock.Decode(written).Encode()));
    }

    [Property]
    public void A_pool_written_and_read_is_the_same(IPPool pool)
    {
        IPPool read = IPPool.Decode(pool.Encode());
        Assert.Equal((pool.Name, pool.Cidr, pool.BlockSize), (read.Name, read.Cidr, read.BlockSize));
        Assert.Empty(IPPoolValidation.Validate(read));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(pool.Encode()), JsonNode.Parse(read.Encode())));
    }

    [Property]
    public void Any_octets_are_an_error_or_a_block(byte[] octets)
    {
        try
        {
            IpamBlock.Decode(octets ?? []);
        }
        catch (IpamDataException)
        {
            // What it is for.
        }
    }

    [Property]
    public void A_damaged_block_is_an_error_or_keeps_its_promises(IpamBlock block, int place, byte octet)
    {
        byte[] written = block.Encode();
        written[(place & int.MaxValue) % written.Length] = octet;
        try
        {
            IpamBlock read = IpamBlock.Decode(written);
            Assert.Equal(read.Unallocated.Count, read.Unallocated.Distinct().Count());
            Assert.All(read.Unallocated, ordinal => Assert.Null(read.AttributeIndex(ordinal)));
        }
        catch (IpamDataException)
        {
            // What it is for.
        }
    }

    [Property]
    public async Task What_is_released_can_be_assigned_again(IPPool pool, AutoAssignRequest request)
    {
        IpamClient client = new(new InMemoryIpamStore(), new FixedClusterSource(new IpamCluster([pool])));
        AutoAssignRequest one = request with { IPv4 = pool.IpVersion == 4 ? request.IPv4 : 0, IPv6 = pool.IpVersion == 6 ? request.IPv6 : 0 };
        int first = (await client.AutoAssignAsync(one)).Addresses.Count();
        if (first > 0) Assert.Equal(first, (await client.ReleaseByHandleAsync(request.Handle!)).Released.Count);
        Assert.Equal(first, (await client.AutoAssignAsync(one)).Addresses.Count());
        Assert.Empty(await IpamInvariants.CheckAsync(client));
    }
}
