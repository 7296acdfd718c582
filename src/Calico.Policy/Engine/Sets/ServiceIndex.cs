using System.Net;
using System.Runtime.InteropServices;
using Calico.Net;
using Calico.Policy.Model;
using Calico.Policy.Model.Deltas;

namespace Calico.Policy.Engine.Sets;

/// <summary>Services as their endpoint slices tell of them.</summary>
internal sealed class ServiceIndex
{
    private readonly Dictionary<NamespacedName, EndpointSliceModel> _slices = [];
    private readonly Dictionary<NamespacedName, ServiceEntry> _services = [];

    public ServiceEntry Get(NamespacedName service)
    {
        ref ServiceEntry? entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_services, service, out _);
        return entry ??= new ServiceEntry(service);
    }

    /// <summary>The slice as last told.</summary>
    public EndpointSliceModel? Find(NamespacedName slice) => _slices.GetValueOrDefault(slice);

    public void Set(EndpointSliceModel slice)
    {
        Remove(slice.Id);
        _slices[slice.Id] = slice;
        Get(slice.Service).Slices.Add(slice);
    }

    public void Remove(NamespacedName slice)
    {
        if (!_slices.Remove(slice, out EndpointSliceModel? old)) return;
        ServiceEntry service = _services[old.Service];
        service.Slices.RemoveAll(s => s.Id == slice);
        Forget(service);
    }

    public void Forget(ServiceEntry service)
    {
        if (service.Slices.Count == 0 && service.Sets.Count == 0) _services.Remove(service.Name);
    }
}

/// <summary>A service with its slices and the sets that stand for it.</summary>
internal sealed class ServiceEntry(NamespacedName name)
{
    public NamespacedName Name { get; } = name;
    public readonly List<EndpointSliceModel> Slices = [];
    public readonly List<ServiceSet> Sets = [];
}

/// <summary>The addresses of a service's endpoints, with their ports or without.</summary>
internal sealed class ServiceSet(string id, ServiceEntry service, bool withPorts)
    : SetEntry(id, withPorts ? IpSetKind.AddressAndPort : IpSetKind.Net, $"service {service.Name}")
{
    public ServiceEntry Service { get; } = service;

    public override bool Contains(in SetMember member)
    {
        List<SetMember> all = [];
        Collect(all);
        return all.Contains(member);
    }

    public override void Collect(List<SetMember> members)
    {
        foreach (EndpointSliceModel slice in Service.Slices) Collect(slice, members);
    }

    public void Collect(EndpointSliceModel slice, List<SetMember> members)
    {
        foreach (IPAddress address in slice.Addresses)
        {
            IpPrefix prefix = IpPrefix.From(address);
            if (!withPorts)
            {
                members.Add(new SetMember(prefix));
                continue;
            }

            foreach (ServicePort port in slice.Ports) members.Add(new SetMember(prefix, port.Protocol.Number, port.Port));
        }
    }
}
