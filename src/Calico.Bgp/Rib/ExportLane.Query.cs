namespace Calico.Bgp;

// The lane as Adj-RIB-Out: what members have been told.
internal sealed partial class ExportLane
{
    private ExportProfile? _canonical;

    /// <summary>How many routes a member has been told.</summary>
    public int CountSent(ushort member)
    {
        if (_addPath is not null) return _addPath.CountExcept(member);
        int count = 0;
        for (int source = 1; source < _toldFrom.Length; source++)
        {
            if (source != member) count += _toldFrom[source];
        }

        return count;
    }

    /// <summary>The paths of a slot that a member has been told, with the path identifiers it was told.</summary>
    public IEnumerable<(int Path, uint PathId)> Sent(int slot, ushort member)
    {
        if (!Remembers(slot)) return [];
        if (_addPath is not null) return [.. _addPath.Of(slot).Where(told => told.Source != member).Select(told => ((int)told.PathId, told.PathId))];
        int best = Rib.Best(slot);
        return best != 0 && _told[slot] != member ? [(best, 0)] : [];
    }

    /// <summary>The attributes a path is sent with, in canonical form; null when it is about to be withdrawn.</summary>
    public PathAttributes? AttributesSent(int slot, int index)
    {
        RibPath path = Rib.Paths[index];
        if (path.Attributes == 0) return null;
        PathSource source = sources(path.Source);
        PathAttributes attributes = Rib.Attributes[path.Attributes];
        bool longStale = (path.Flags & PathFlags.LongStale) != 0;
        if (!ExportEncoder.MayExport(Profile, source, attributes, longStale)) return null;
        if (Profile.Filter is { } filter && !PassesPath(filter, slot, ref attributes, source, path.Preference)) return null;
        ReadOnlySpan<byte> nextHop = ExportEncoder.NextHop(Profile, source, attributes);
        _canonical ??= Profile with { FourOctetAsn = true };
        int length = ExportEncoder.Write(scratch.Attributes, _canonical, source, attributes, longStale, nextHop, inAttributes: false);
        byte[] octets = [.. scratch.Attributes.AsSpan(0, length), .. nextHop];
        return new PathAttributes(octets, length, AttributeHash.Of(octets));
    }

    /// <summary>Counts a slot to the source of the route told for it.</summary>
    private void Tell(ref ushort told, ushort source)
    {
        if (told == source) return;
        if (source >= _toldFrom.Length) Array.Resize(ref _toldFrom, Math.Max(_toldFrom.Length * 2, source + 1));
        _toldFrom[told]--;
        _toldFrom[source]++;
        told = source;
    }
}
