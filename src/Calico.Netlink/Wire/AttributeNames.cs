using System.Globalization;

namespace Calico.Netlink;

/// <summary>Turns the byte offset of an extended acknowledgement into the path of attribute names that lies there.</summary>
internal static class AttributeNames
{
    private static readonly AttributeTable Unknown = new("", "");

    public static (string Operation, string? Attribute) Locate(NetlinkProtocol protocol, ReadOnlySpan<byte> request, in NetlinkError error)
    {
        ushort type = NetlinkWire.ReadUInt16(request[4..], swap: false);
        MessageDescription description = Describe(protocol, type);
        string? path = error.Offset > 0 ? PathTo(request, error.Offset, description).Path : null;
        if (error.MissingType is not ushort missing) return (description.Name, path);

        (string? parent, AttributeTable? table) = error.MissingNest > 0 ? PathTo(request, error.MissingNest, description) : (null, description.Attributes);
        string name = (table ?? Unknown).NameOf(missing);
        return (description.Name, parent is null ? $"{name} (missing)" : $"{parent}/{name} (missing)");
    }

    private static (string? Path, AttributeTable? Below) PathTo(ReadOnlySpan<byte> request, int offset, MessageDescription description)
    {
        AttributeTable? table = description.Attributes;
        string path = "";
        int start = NetlinkMessage.HeaderLength + NetlinkWire.Align(description.HeaderLength);
        int end = request.Length;
        while (start + NetlinkWire.AttributeHeaderLength <= end)
        {
            int length = NetlinkWire.ReadUInt16(request[start..], swap: false);
            ushort type = (ushort)(NetlinkWire.ReadUInt16(request[(start + 2)..], swap: false) & NetlinkWire.TypeMask);
            if (length < NetlinkWire.AttributeHeaderLength || start + length > end) break;
            if (offset < start + length && offset >= start)
            {
                string name = (table ?? Unknown).NameOf(type);
                path = path.Length == 0 ? name : $"{path}/{name}";
                table = table?.Below(type);
                if (offset == start) return (path, table);
                start += NetlinkWire.AttributeHeaderLength;
                end = start - NetlinkWire.AttributeHeaderLength + length;
                continue;
            }

            start += NetlinkWire.Align(length);
        }

        return (path.Length == 0 ? null : path, table);
    }

    private static MessageDescription Describe(NetlinkProtocol protocol, ushort type) => protocol switch
    {
        NetlinkProtocol.Route => RouteNames.Describe(type),
        NetlinkProtocol.Netfilter => NetfilterNames.Describe(type),
        NetlinkProtocol.Generic => new MessageDescription(Numbered("generic family", type), 4, Unknown),
        _ => new MessageDescription(Numbered("message", type), 0, Unknown),
    };

    public static string Numbered(string kind, int type) => string.Create(CultureInfo.InvariantCulture, $"{kind} {type}");
}
