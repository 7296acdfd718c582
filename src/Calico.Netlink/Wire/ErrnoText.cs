using System.Runtime.InteropServices;

namespace Calico.Netlink;

/// <summary>The C library's text for an error number, and ERESTART, which it does not know.</summary>
internal static class ErrnoText
{
    public static string Describe(Errno code) => code switch
    {
        Errno.None => "Success",
        Errno.Restart => "The generation changed, restart",
        >= (Errno)4096 => IpSetErrors.Describe((int)code) ?? AttributeNames.Numbered("error", (int)code),
        _ => Marshal.GetPInvokeErrorMessage((int)code),
    };
}
