using System.Runtime.InteropServices;

namespace Calico.Netlink.Testing;

/// <summary>Works one request off and answers it.</summary>
internal sealed class FakeRequest
{
    private readonly FakeKernel _kernel;
    private readonly FakeTransport _sender;
    private readonly byte[] _request;

    public FakeRequest(FakeKernel kernel, FakeTransport sender, in NetlinkMessage message)
    {
        (_kernel, _sender) = (kernel, sender);
        // The message again with its header: answers quote it.
        _request = new byte[NetlinkMessage.HeaderLength + message.Payload.Length];
        MemoryMarshal.Write(_request.AsSpan(), _request.Length);
        MemoryMarshal.Write(_request.AsSpan(4), message.Type);
        MemoryMarshal.Write(_request.AsSpan(6), (ushort)message.Flags);
        MemoryMarshal.Write(_request.AsSpan(8), message.Sequence);
        MemoryMarshal.Write(_request.AsSpan(12), message.PortId);
        message.Payload.CopyTo(_request.AsSpan(NetlinkMessage.HeaderLength));
    }

    private FakeNamespace State => _kernel.State;

    private NetlinkMessage Message
    {
        get
        {
            NetlinkMessageReader reader = new(_request);
            reader.MoveNext();
            return reader.Current;
        }
    }

    public void Handle(in NetlinkMessage message)
    {
        switch (message.Type)
        {
            case 18 or 22 or 26 or 30 or 34 or 106: Get(message); break;
            case 16: SetLink(message); break;
            case 17: DeleteLink(message); break;
            case 20 or 21: Address(message); break;
            case 24 or 25: RouteChange(message); break;
            case 28 or 29: NeighbourChange(message); break;
            case 32 or 33: Rule(message); break;
            case 104 or 105: NexthopChange(message); break;
            default: Answer(Errno.NotSupported); break;
        }
    }

    public void Answer(Errno error, string? text = null)
    {
        if (error != Errno.None || (Message.Flags & NetlinkFlags.Ack) != 0) _sender.Deliver(FakeMessages.Error(error, text, Message, _sender.PortId));
    }

    private void Done(RtEvent happened, bool replaced = false)
    {
        _kernel.Notify(happened, _sender, replaced);
        Answer(Errno.None);
    }

    private static bool Has(in NetlinkMessage message, NetlinkFlags flag) => (message.Flags & flag) != 0;

    private void Get(in NetlinkMessage message)
    {
        bool dump = (message.Flags & NetlinkFlags.Dump) == NetlinkFlags.Dump;
        if (!dump)
        {
            RtEvent? one = message.Type switch
            {
                18 => State.FindLink(IndexOf(message), NameOf(message)) is { } link ? new LinkEvent(link) : null,
                26 => State.Lookup(DestinationOf(message)) is { } route ? new RouteEvent(route) : null,
                _ => null,
            };
            if (one is null)
            {
                Answer(message.Type == 18 ? Errno.NoDevice : Errno.NetworkUnreachable);
                return;
            }

            _sender.Deliver(FakeMessages.Reply(one, NetlinkFlags.None, message.Sequence, _sender.PortId));
            Answer(Errno.None);
            return;
        }

        byte family = message.Payload.Length > 0 ? message.Payload[0] : (byte)0;
        NetlinkFlags flags = NetlinkFlags.Multi | (_kernel.TakeDumpInterruption() ? NetlinkFlags.DumpInterrupted : NetlinkFlags.None);
        foreach (RtEvent item in Items(message.Type, family, message.Payload.Length > 10 ? message.Payload[10] : (byte)0))
            _sender.Deliver(FakeMessages.Reply(item, flags, message.Sequence, _sender.PortId));
        _sender.Deliver(FakeMessages.Done(flags, message.Sequence, _sender.PortId));
    }

    private IEnumerable<RtEvent> Items(ushort type, byte family, byte neighbourFlags) => type switch
    {
        18 => State.Links.Values.Select(l => new LinkEvent(l)),
        22 => State.Addresses.Where(a => IsOf(family, a.IsIPv6)).Select(a => new AddressEvent(a)),
        26 => State.Routes.Where(r => IsOf(family, r.IsIPv6)).Select(r => new RouteEvent(r)),
        30 => State.Neighbours.Where(n => n.IsForwarding == (family == 7) && (n.Flags & NeighbourFlags.Proxy) == ((NeighbourFlags)neighbourFlags & NeighbourFlags.Proxy)).Select(n => new NeighbourEvent(n)),
        34 => State.Rules.Where(r => IsOf(family, r.Family == System.Net.Sockets.AddressFamily.InterNetworkV6)).Select(r => new RuleEvent(r)),
        _ => State.Nexthops.Values.Select(n => new NexthopEvent(n)),
    };

    private static bool IsOf(byte family, bool six) => family == 0 || family == (six ? 10 : 2);

    private void SetLink(in NetlinkMessage message)
    {
        if (!Link.TryDecode(message, out Link given))
        {
            Answer(Errno.Invalid);
            return;
        }

        bool create = Has(message, NetlinkFlags.Create);
        Link? existing = State.FindLink(given.Index, given.Name);
        if (existing is null && !create) Answer(Errno.NoDevice);
        else if (existing is not null && Has(message, NetlinkFlags.Exclusive)) Answer(Errno.Exists);
        else if (existing is null && given.Kind is null) Answer(Errno.NotSupported, "Unknown device type");
        else
        {
            uint change = MemoryMarshal.Read<uint>(message.Payload[12..]);
            Link old = existing ?? new Link { Index = State.NextIndex, Name = given.Name, HardwareType = 1, Mtu = 1500, Kind = given.Kind };
            Link changed = Changed(old, given, message, (LinkFlags)change);
            State.AddLink(changed);
            if (old.IsUp && !changed.IsUp) Drop(changed.Index);
            Done(new LinkEvent(changed));
        }
    }

    private static Link Changed(Link old, Link given, in NetlinkMessage message, LinkFlags change)
    {
        Link link = old with { Flags = old.Flags & ~change | given.Flags & change, Name = given.Name.Length > 0 ? given.Name : old.Name };
        NetlinkAttributeReader attributes = message.Attributes(16);
        while (attributes.MoveNext())
        {
            link = attributes.Type switch
            {
                1 => link with { HardwareAddress = given.HardwareAddress },
                4 => link with { Mtu = given.Mtu },
                5 => link with { ParentIndex = given.ParentIndex },
                10 => link with { MasterIndex = given.MasterIndex is 0 ? null : given.MasterIndex },
                13 => link with { TransmitQueueLength = given.TransmitQueueLength },
                20 => link with { Alias = given.Alias is "" ? null : given.Alias },
                27 => link with { Group = given.Group },
                _ => link,
            };
        }

        return link;
    }

    private void DeleteLink(in NetlinkMessage message)
    {
        Link? link = State.FindLink(IndexOf(message), NameOf(message));
        if (link is null) Answer(Errno.NoDevice);
        else if (link.Index == 1) Answer(Errno.NotSupported);
        else
        {
            State.Links.Remove(link.Index);
            State.Addresses.RemoveAll(a => a.InterfaceIndex == link.Index);
            State.Neighbours.RemoveAll(n => n.InterfaceIndex == link.Index);
            Drop(link.Index);
            Done(new LinkEvent(link) { IsDeleted = true });
        }
    }

    private void Drop(int index)
    {
        foreach (Route route in State.DropRoutesOf(index)) _kernel.Notify(new RouteEvent(route) { IsDeleted = true });
    }

    private void Address(in NetlinkMessage message)
    {
        // A delete is read as the add it undoes.
        if (!InterfaceAddress.TryDecode(message, out InterfaceAddress address)) Answer(Errno.Invalid);
        else if (!State.Links.ContainsKey(address.InterfaceIndex)) Answer(Errno.NoDevice);
        else
        {
            int existing = State.Addresses.FindIndex(a => a.InterfaceIndex == address.InterfaceIndex && a.Address.Equals(address.Address) && a.PrefixLength == address.PrefixLength);
            bool delete = message.Type == 21;
            if (existing < 0 && delete) Answer(Errno.AddressNotAvailable);
            else if (existing >= 0 && !delete && Has(message, NetlinkFlags.Exclusive)) Answer(Errno.Exists);
            else
            {
                if (existing >= 0) State.Addresses.RemoveAt(existing);
                if (!delete) State.Addresses.Add(address);
                Done(new AddressEvent(address) { IsDeleted = delete });
            }
        }
    }

    private void RouteChange(in NetlinkMessage message)
    {
        if (!Route.TryDecode(message, out Route route))
        {
            Answer(Errno.Invalid);
            return;
        }

        if (message.Type == 25)
        {
            if (State.RemoveRoute(route) is { } removed) Done(new RouteEvent(removed) { IsDeleted = true });
            else Answer(Errno.NoSuchProcess);
            return;
        }

        (Errno error, bool replaced) = State.AddRoute(route, message.Flags);
        if (error != Errno.None) Answer(error);
        else Done(new RouteEvent(route), replaced);
    }

    private void NeighbourChange(in NetlinkMessage message)
    {
        if (!Neighbour.TryDecode(message, out Neighbour neighbour)) Answer(Errno.Invalid);
        else if (!State.Links.ContainsKey(neighbour.InterfaceIndex)) Answer(Errno.NoDevice);
        else
        {
            int existing = State.Neighbours.FindIndex(n => SameNeighbour(n, neighbour));
            bool delete = message.Type == 29;
            if (existing < 0 && delete) Answer(Errno.NoEntry);
            else if (existing >= 0 && !delete && Has(message, NetlinkFlags.Exclusive)) Answer(Errno.Exists);
            else
            {
                if (existing >= 0) State.Neighbours.RemoveAt(existing);
                if (!delete) State.Neighbours.Add(neighbour);
                Done(new NeighbourEvent(neighbour) { IsDeleted = delete });
            }
        }
    }

    private static bool SameNeighbour(Neighbour left, Neighbour right) =>
        left.InterfaceIndex == right.InterfaceIndex && left.IsForwarding == right.IsForwarding && Equals(left.Address, right.Address)
        && (left.Flags & NeighbourFlags.Proxy) == (right.Flags & NeighbourFlags.Proxy)
        && (!left.IsForwarding || Equals(left.LinkAddress, right.LinkAddress));

    private void Rule(in NetlinkMessage message)
    {
        if (!RoutingRule.TryDecode(message, out RoutingRule rule))
        {
            Answer(Errno.Invalid);
            return;
        }

        if (message.Type == 33)
        {
            int existing = State.Rules.FindIndex(r => r.Family == rule.Family && r.Priority == rule.Priority && (rule.Table == 0 || rule.Table == r.Table));
            if (existing < 0) Answer(Errno.NoEntry);
            else
            {
                State.Rules.RemoveAt(existing);
                Done(new RuleEvent(rule) { IsDeleted = true });
            }
        }
        else if (State.Rules.Contains(rule)) Answer(Errno.Exists);
        else
        {
            State.Rules.Insert(State.Rules.TakeWhile(r => r.Priority <= rule.Priority).Count(), rule);
            Done(new RuleEvent(rule));
        }
    }

    private void NexthopChange(in NetlinkMessage message)
    {
        if (!Nexthop.TryDecode(message, out Nexthop nexthop)) Answer(Errno.Invalid);
        else if (message.Type == 105)
        {
            if (!State.Nexthops.Remove(nexthop.Id)) Answer(Errno.NoEntry);
            else
            {
                State.Routes.RemoveAll(r => r.NexthopId == nexthop.Id);
                Done(new NexthopEvent(nexthop) { IsDeleted = true });
            }
        }
        else if (State.Nexthops.ContainsKey(nexthop.Id) && Has(message, NetlinkFlags.Exclusive)) Answer(Errno.Exists);
        else
        {
            State.Nexthops[nexthop.Id] = nexthop;
            for (int i = 0; i < State.Routes.Count; i++)
            {
                if (State.Routes[i].NexthopId == nexthop.Id) State.Routes[i] = State.Routes[i] with { Gateway = nexthop.Gateway, InterfaceIndex = nexthop.InterfaceIndex };
            }

            Done(new NexthopEvent(nexthop));
        }
    }

    private static System.Net.IPAddress? DestinationOf(in NetlinkMessage message)
    {
        NetlinkAttributeReader attributes = message.Attributes(12);
        while (attributes.MoveNext())
        {
            if (attributes.Type == 1) return attributes.ReadAddress();
        }

        return null;
    }

    private static int IndexOf(in NetlinkMessage message) => message.Payload.Length >= 8 ? MemoryMarshal.Read<int>(message.Payload[4..]) : 0;

    private static string NameOf(in NetlinkMessage message)
    {
        NetlinkAttributeReader attributes = message.Attributes(16);
        while (attributes.MoveNext())
        {
            if (attributes.Type is 3 or 53) return attributes.ReadString();
        }

        return "";
    }
}
