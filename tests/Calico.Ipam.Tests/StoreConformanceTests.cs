using Calico.Ipam.Testing;

namespace Calico.Ipam.Tests;

public class StoreConformanceTests
{
    public static IEnumerable<TheoryDataRow<string>> Names => IpamStoreConformance.Checks.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory, MemberData(nameof(Names))]
    public Task In_memory(string name) => IpamStoreConformance.Checks[name](new InMemoryIpamStore());

    [Theory, MemberData(nameof(Names))]
    public Task In_memory_without_transactions(string name) => IpamStoreConformance.Checks[name](new InMemoryIpamStore(maxWritesPerCommit: 1));
}
