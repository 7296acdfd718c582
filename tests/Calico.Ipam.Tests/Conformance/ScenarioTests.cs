using System.Text.Json;

namespace Calico.Ipam.Tests.Conformance;

public class ScenarioTests
{
    public static IEnumerable<TheoryDataRow<string>> Ids => Cases.Ids("ipam/scenarios.json");

    [Theory, MemberData(nameof(Ids))]
    public async Task Scenario(string id)
    {
        JsonElement one = Cases.Get("ipam/scenarios.json", id);
        await new ScenarioRun(one).RunAsync(one.GetProperty("steps"));
    }
}
