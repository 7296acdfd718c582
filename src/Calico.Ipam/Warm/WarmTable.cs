namespace Calico.Ipam.Warm;

/// <summary>The node's addresses in memory: two queues of free ones, the taken ones by handle, and those whose owner is to be written down. Taking and giving back allocate nothing.</summary>
internal sealed class WarmTable(TimeProvider time, TimeSpan cooldown)
{
    private readonly Lock _gate = new();
    private readonly Queue<WarmSlot> _free4 = new();
    private readonly Queue<WarmSlot> _free6 = new();
    private readonly Dictionary<string, WarmSlot> _taken = new(StringComparer.Ordinal);
    private List<WarmSlot> _toWrite = [];

    public int Available(int ipVersion)
    {
        lock (_gate) return Free(ipVersion == 6).Count;
    }

    public bool TryTake(string handle, IReadOnlyDictionary<string, string> attributes, bool ipv4, bool ipv6, out WarmAssignment addresses)
    {
        lock (_gate)
        {
            if (_taken.TryGetValue(handle, out WarmSlot? present))
            {
                addresses = Of(present);
                return (!ipv4 || addresses.IPv4 is not null) && (!ipv6 || addresses.IPv6 is not null);
            }

            addresses = default;
            if ((ipv4 && !IsReady(_free4)) || (ipv6 && !IsReady(_free6)) || !(ipv4 || ipv6)) return false;
            WarmSlot? six = ipv6 ? Take(_free6, handle, attributes, null) : null;
            WarmSlot? four = ipv4 ? Take(_free4, handle, attributes, six) : null;
            _taken.Add(handle, four ?? six!);
            addresses = new WarmAssignment(four?.Address, six?.Address);
            return true;
        }
    }

    public bool TryRelease(string handle)
    {
        lock (_gate)
        {
            if (!_taken.Remove(handle, out WarmSlot? slot)) return false;
            long restsUntil = cooldown > TimeSpan.Zero ? time.GetTimestamp() + (long)(cooldown.TotalSeconds * time.TimestampFrequency) : 0;
            while (slot is not null)
            {
                WarmSlot? next = slot.NextOfHandle;
                slot.Handle = null;
                slot.Owner = AllocationRecord.None;
                slot.NextOfHandle = null;
                slot.RestsUntil = restsUntil;
                if (slot.IsWarmInStore) Free(slot.IsIPv6).Enqueue(slot);
                List(slot);
                slot = next;
            }

            return true;
        }
    }

    /// <summary>Adds a free address, or one that a handle carries already.</summary>
    public void Add(WarmSlot slot)
    {
        lock (_gate)
        {
            if (slot.Handle is null)
            {
                Free(slot.IsIPv6).Enqueue(slot);
                return;
            }

            slot.NextOfHandle = _taken.GetValueOrDefault(slot.Handle);
            _taken[slot.Handle] = slot;
            List(slot);
        }
    }

    /// <summary>Takes free addresses out for good, the longest unused first.</summary>
    public List<WarmSlot> Remove(int ipVersion, int count)
    {
        lock (_gate)
        {
            List<WarmSlot> removed = [];
            while (removed.Count < count && Free(ipVersion == 6).TryDequeue(out WarmSlot? slot)) removed.Add(slot);
            return removed;
        }
    }

    /// <summary>What to write down, each slot as it is at this moment; hands the list over.</summary>
    public List<(WarmSlot Slot, string? Handle, IReadOnlyDictionary<string, string> Owner)> TakeDirty()
    {
        lock (_gate)
        {
            List<(WarmSlot, string?, IReadOnlyDictionary<string, string>)> dirty = [];
            foreach (WarmSlot slot in _toWrite)
            {
                slot.IsListed = false;
                if (!slot.IsDirty) continue;
                slot.IsInFlight = true;
                dirty.Add((slot, slot.Handle, slot.Owner));
            }

            _toWrite = [];
            return dirty;
        }
    }

    /// <summary>A slot was written down as it was then; it may have changed hands meanwhile.</summary>
    public void Written(WarmSlot slot, string? handle, IReadOnlyDictionary<string, string> owner)
    {
        lock (_gate)
        {
            slot.IsInFlight = false;
            slot.StoredHandle = handle;
            slot.StoredOwner = owner;
            if (slot.Handle is null && handle is null) Free(slot.IsIPv6).Enqueue(slot);
            if (slot.IsDirty) List(slot);
        }
    }

    /// <summary>It is not known whether a slot was written down; taken for written it will be written again.</summary>
    public void NotWritten(WarmSlot slot, string? handle)
    {
        lock (_gate)
        {
            if (!slot.IsInFlight) return;
            slot.IsInFlight = false;
            slot.StoredHandle = handle ?? slot.StoredHandle;
            slot.StoredOwner = AllocationRecord.None;
            List(slot);
        }
    }

    /// <summary>The store says that somebody else has the address: it is none of ours any more.</summary>
    public void Lost(WarmSlot slot)
    {
        lock (_gate)
        {
            slot.IsInFlight = false;
            Queue<WarmSlot> free = Free(slot.IsIPv6);
            for (int i = free.Count; i > 0; i--)
            {
                WarmSlot one = free.Dequeue();
                if (one != slot) free.Enqueue(one);
            }

            if (slot.Handle is { } handle && _taken.TryGetValue(handle, out WarmSlot? first)) Unlink(handle, first, slot);
        }
    }

    private void Unlink(string handle, WarmSlot first, WarmSlot slot)
    {
        if (first == slot)
        {
            if (slot.NextOfHandle is { } next) _taken[handle] = next;
            else _taken.Remove(handle);
            return;
        }

        for (WarmSlot one = first; one.NextOfHandle is { } next; one = next)
        {
            if (next == slot) one.NextOfHandle = slot.NextOfHandle;
        }
    }

    private WarmSlot Take(Queue<WarmSlot> free, string handle, IReadOnlyDictionary<string, string> attributes, WarmSlot? next)
    {
        WarmSlot slot = free.Dequeue();
        slot.Handle = handle;
        slot.Owner = attributes;
        slot.NextOfHandle = next;
        List(slot);
        return slot;
    }

    private bool IsReady(Queue<WarmSlot> free) => free.TryPeek(out WarmSlot? slot) && (slot.RestsUntil == 0 || slot.RestsUntil <= time.GetTimestamp());

    private Queue<WarmSlot> Free(bool ipv6) => ipv6 ? _free6 : _free4;

    private void List(WarmSlot slot)
    {
        if (slot.IsListed) return;
        slot.IsListed = true;
        _toWrite.Add(slot);
    }

    private static WarmAssignment Of(WarmSlot first)
    {
        AssignedAddress? four = null, six = null;
        for (WarmSlot? slot = first; slot is not null; slot = slot.NextOfHandle)
        {
            if (slot.IsIPv6) six = slot.Address;
            else four = slot.Address;
        }

        return new WarmAssignment(four, six);
    }
}
