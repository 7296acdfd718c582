namespace Calico.Netlink;

/// <summary>The tally of one apply.</summary>
internal sealed class RouteTableApply
{
    private readonly List<RouteConflict> _conflicts = [];
    private readonly List<RouteFailure> _failures = [];
    private int _added, _replaced, _deleted;

    /// <summary>Wanted routes whose place turned out to be taken, with the kernel's answer.</summary>
    public Dictionary<RouteKey, RouteFailure> Occupied { get; } = [];

    public bool Resynced { get; set; }

    public void Take(RouteTableState state, ReadOnlySpan<RouteChange> changes, IReadOnlyList<NetlinkRequestError> errors)
    {
        int next = 0;
        for (int i = 0; i < changes.Length; i++)
        {
            ref readonly RouteChange change = ref changes[i];
            NetlinkRequestError? error = next < errors.Count && errors[next].Index == i ? errors[next++] : null;
            // What was to be deleted is gone: just as well.
            if (error is null || change.Kind == RouteChangeKind.Delete && error.Error.Code is Errno.NoSuchProcess or Errno.NoEntry or Errno.NoDevice)
            {
                state.Confirm(change);
                Count(change.Kind);
                continue;
            }

            state.Fail(change);
            RouteFailure failure = new(change.Route, error);
            if (change.Kind == RouteChangeKind.Add && error.Error.Code == Errno.Exists) Occupied[new RouteKey(change.Route)] = failure;
            else _failures.Add(failure);
        }
    }

    public void Resolve(RouteTableState state, Dictionary<RouteKey, Route> existing, RouteProtocol own)
    {
        foreach ((RouteKey key, RouteFailure failure) in Occupied)
        {
            if (!existing.TryGetValue(key, out Route found)) _failures.Add(failure);
            else if (found.Protocol == own) state.Correct(key, found);
            else _conflicts.Add(new RouteConflict(failure.Route, found));
        }

        Occupied.Clear();
    }

    public RouteTableReport ToReport() => new()
    {
        Added = _added,
        Replaced = _replaced,
        Deleted = _deleted,
        Resynced = Resynced,
        Conflicts = _conflicts,
        Failures = _failures,
    };

    private void Count(RouteChangeKind kind)
    {
        switch (kind)
        {
            case RouteChangeKind.Add: _added++; break;
            case RouteChangeKind.Replace: _replaced++; break;
            default: _deleted++; break;
        }
    }
}
