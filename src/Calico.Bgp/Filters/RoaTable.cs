using System.Net;
using Calico.Net;

namespace Calico.Bgp;

/// <summary>Outcome of RPKI origin validation (RFC 6811 section 2).</summary>
public enum RoaState
{
    /// <summary>No authorization covers the prefix.</summary>
    NotFound,

    /// <summary>An authorization fits.</summary>
    Valid,

    /// <summary>Authorizations cover the prefix and none fits.</summary>
    Invalid,
}

/// <summary>Validated route origin authorizations, to check announcements against.</summary>
public sealed class RoaTable
{
    private readonly Dictionary<IpPrefix, List<(int MaximumLength, uint Asn)>> _entries = [];
    private readonly SortedSet<int> _lengths = [];

    /// <summary>Adds an authorization.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="maximumLength">The longest prefix inside it that may be announced.</param>
    /// <param name="asn">By whom; AS 0: by nobody (RFC 6483).</param>
    /// <returns>This table.</returns>
    public RoaTable Add(IPNetwork prefix, int maximumLength, Asn asn)
    {
        IpPrefix key = IpPrefix.From(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, key.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumLength, key.MaxLength);
        if (!_entries.TryGetValue(key, out List<(int, uint)>? list)) _entries[key] = list = [];
        list.Add((maximumLength, asn.Value));
        _lengths.Add(key.Length);
        return this;
    }

    /// <summary>Checks an announcement.</summary>
    /// <param name="prefix">The announced prefix.</param>
    /// <param name="origin">The AS that originates it; 0 when the path ends with a set.</param>
    /// <returns>The state.</returns>
    public RoaState Validate(IPNetwork prefix, Asn origin) => Validate(IpPrefix.From(prefix), origin.Value);

    internal RoaState Validate(in IpPrefix prefix, uint origin)
    {
        bool covered = false;
        foreach (int length in _lengths)
        {
            if (length > prefix.Length) break;
            if (!_entries.TryGetValue(prefix.Truncate(length), out List<(int MaximumLength, uint Asn)>? list)) continue;
            covered = true;
            foreach ((int maximum, uint asn) in list)
            {
                if (asn != 0 && asn == origin && prefix.Length <= maximum) return RoaState.Valid;
            }
        }

        return covered ? RoaState.Invalid : RoaState.NotFound;
    }
}
