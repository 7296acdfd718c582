using System.Globalization;
using System.Text;

namespace Calico.Bgp;

/// <summary>Messages as text, a line for each, for traces.</summary>
public static class BgpMessageText
{
    /// <summary>Formats whole messages.</summary>
    /// <param name="messages">One message or several.</param>
    /// <param name="fourOctetAsn">Whether AS paths have four-octet numbers (RFC 6793).</param>
    /// <param name="addPath">Families whose NLRI have path identifiers (RFC 7911), written <c>prefix#ID</c>; null: none.</param>
    /// <returns>A line for each message.</returns>
    public static string Format(ReadOnlySpan<byte> messages, bool fourOctetAsn = true, IReadOnlyList<Family>? addPath = null)
    {
        var options = new UpdateDecoderOptions { IsExternal = false, IsConfederation = true, ExtendedNextHop = true, FourOctetAsn = fourOctetAsn, AddPath = addPath ?? [] };
        var text = new StringBuilder();
        while (!messages.IsEmpty)
        {
            FrameStatus status = MessageFrame.TryRead(messages, MessageFrame.ExtendedMaximumLength, out MessageFrame message, out BgpError error);
            if (text.Length > 0) text.Append('\n');
            if (status != FrameStatus.Complete)
            {
                text.Append(status == FrameStatus.Invalid ? error.ToString() : $"{messages.Length} octets of an incomplete message");
                break;
            }

            Append(text, message, options);
            messages = messages[message.Raw.Length..];
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, in MessageFrame message, UpdateDecoderOptions options)
    {
        switch (message.Type)
        {
            case MessageType.Open:
                AppendOpen(text, message);
                break;
            case MessageType.Update:
                AppendUpdate(text, message, options);
                break;
            case MessageType.Notification:
                text.Append("NOTIFICATION ").Append(new NotificationReader(message.Body).ToError());
                break;
            case MessageType.Keepalive:
                text.Append("KEEPALIVE");
                break;
            default:
                if (RouteRefreshReader.TryRead(message, enhanced: false, out RouteRefreshReader refresh, out BgpError error))
                    text.Append("ROUTE-REFRESH ").Append(refresh.Family).Append(' ').Append(refresh.Subtype);
                else
                    text.Append("ROUTE-REFRESH ").Append(error);
                break;
        }
    }

    private static void AppendOpen(StringBuilder text, in MessageFrame message)
    {
        text.Append("OPEN");
        if (!OpenReader.TryRead(message.Body, out OpenReader open, out BgpError error))
        {
            text.Append(' ').Append(error);
            return;
        }

        BgpCapabilities c = BgpCapabilities.Read(open.Capabilities);
        text.Append(CultureInfo.InvariantCulture, $" as {c.FourOctetAsn?.Value ?? open.MyAsn} id {Net.IpPrefix.V4(open.Identifier).ToAddress()} hold {open.HoldTime}");
        text.Append(" families [").AppendJoin(' ', c.Families).Append(']');
        if (c.FourOctetAsn is null) text.Append(" two-octet-as");
        if (c.RouteRefresh) text.Append(" route-refresh");
        if (c.EnhancedRouteRefresh) text.Append(" enhanced-refresh");
        if (c.ExtendedMessage) text.Append(" extended-message");
        if (c.AddPath.Count > 0) text.Append(" add-path [").AppendJoin(' ', c.AddPath.Select(a => $"{a.Family}:{a.Mode}")).Append(']');
        if (c.ExtendedNextHop.Count > 0) text.Append(" extended-next-hop [").AppendJoin(' ', c.ExtendedNextHop).Append(']');
        if (c.Role is { } role) text.Append(" role ").Append(role);
        if (c.GracefulRestart is { } g)
            text.Append(CultureInfo.InvariantCulture, $" graceful-restart {(g.Restarting ? "restarting " : "")}{(g.Notification ? "notification " : "")}{g.RestartTime.TotalSeconds}s [{string.Join(' ', g.Families.Select(f => f.ForwardingPreserved ? $"{f.Family}:F" : f.Family.ToString()))}]");
        if (c.LongLived.Count > 0) text.Append(" long-lived [").AppendJoin(' ', c.LongLived.Select(l => $"{l.Family}:{l.StaleTime.TotalSeconds}s")).Append(']');
    }

    private static void AppendUpdate(StringBuilder text, in MessageFrame message, UpdateDecoderOptions options)
    {
        text.Append("UPDATE");
        DecodedUpdate update = new UpdateDecoder(options).Decode(message.Body);
        if (update.EndOfRib is { } family)
        {
            text.Append(" end-of-rib ").Append(family);
            return;
        }

        if (update.Treatment >= ErrorTreatment.TreatAsWithdraw) text.Append(' ').Append(update.Treatment).Append(' ').Append(update.Error);
        AppendNlri(text, " withdraw", Family.Ipv4Unicast, update.Withdrawn, options);
        AppendNlri(text, " withdraw", update.UnreachFamily, update.UnreachNlri, options);
        AppendNlri(text, " announce", Family.Ipv4Unicast, update.Nlri, options);
        AppendNlri(text, " announce", update.ReachFamily, update.ReachNlri, options);
        if (update.Treatment >= ErrorTreatment.TreatAsWithdraw || (update.Nlri.IsEmpty && update.ReachNlri.IsEmpty)) return;
        text.Append(' ').Append(update.Nlri.IsEmpty ? update.ToReachAttributes() : update.ToAttributes());
    }

    private static void AppendNlri(StringBuilder text, string what, Family family, ReadOnlySpan<byte> field, UpdateDecoderOptions options)
    {
        if (field.IsEmpty) return;
        text.Append(what).Append(' ').Append(family).Append(" [");
        bool addPath = options.AddPath.Contains(family);
        var reader = new NlriReader(family, field, addPath);
        for (bool first = true; reader.TryRead(out Nlri nlri); first = false)
        {
            if (!first) text.Append(' ');
            text.Append(nlri.ToString());
            if (addPath) text.Append('#').Append(nlri.PathId);
        }

        text.Append(']');
    }
}
