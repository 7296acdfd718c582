namespace Calico.Bgp.Topology;

/// <summary>One operation of an accepting rule.</summary>
internal readonly struct BgpFilterEdit
{
    private readonly Community? _community;
    private readonly LargeCommunity? _large;
    private readonly Asn[]? _prepend;
    private readonly uint? _localPreference;

    private BgpFilterEdit(Community? community = null, LargeCommunity? large = null, Asn[]? prepend = null, uint? localPreference = null)
    {
        _community = community;
        _large = large;
        _prepend = prepend;
        _localPreference = localPreference;
    }

    public static BgpFilterEdit Compile(BgpFilterOperationSpec operation, int index, ProblemSink problems, ref bool sound)
    {
        int set = (operation.AddCommunity is null ? 0 : 1) + (operation.PrependAsPath is null ? 0 : 1) + (operation.SetPriority is null ? 0 : 1);
        if (set != 1)
        {
            problems.Add($"operations[{index}]", $"names {set} operations; exactly one is allowed");
            sound = false;
            return default;
        }

        if (operation.SetPriority is { } priority) return new BgpFilterEdit(localPreference: TopologyRoutes.PriorityBase - (uint)priority.Value);
        if (operation.PrependAsPath is { } prepend) return new BgpFilterEdit(prepend: [.. prepend.Prefix.Select(n => new Asn(n))]);
        string value = operation.AddCommunity!.Value;
        if (Community.TryParse(value, null, out Community community)) return new BgpFilterEdit(community);
        if (LargeCommunity.TryParse(value, null, out LargeCommunity large)) return new BgpFilterEdit(large: large);
        problems.Add($"operations[{index}].addCommunity.value", $"'{value}' is no community: aa:nn or aa:nn:mm");
        sound = false;
        return default;
    }

    public void Apply(ref RouteContext route)
    {
        PathAttributesBuilder attributes = route.Edit();
        if (_community is { } community) attributes.Add(community);
        if (_large is { } large) attributes.Add(large);
        if (_prepend is not null) attributes.Prepend(_prepend);
        if (_localPreference is { } preference) attributes.SetLocalPreference(preference);
    }
}
