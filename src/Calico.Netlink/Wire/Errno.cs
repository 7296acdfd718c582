namespace Calico.Netlink;

/// <summary>Linux error numbers that netlink answers with (asm-generic/errno.h; the same on x64 and arm64). Others may occur: the value is the kernel's.</summary>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>EPERM: CAP_NET_ADMIN is missing in the namespace.</summary>
    NotPermitted = 1,

    /// <summary>ENOENT: no such object.</summary>
    NoEntry = 2,

    /// <summary>ESRCH: no such route, rule or process.</summary>
    NoSuchProcess = 3,

    /// <summary>EINTR: interrupted, for example a dump by a change.</summary>
    Interrupted = 4,

    /// <summary>EAGAIN: nothing there, or try again.</summary>
    TryAgain = 11,

    /// <summary>ENOMEM.</summary>
    OutOfMemory = 12,

    /// <summary>EACCES.</summary>
    AccessDenied = 13,

    /// <summary>EBUSY: in use.</summary>
    Busy = 16,

    /// <summary>EEXIST: the object exists.</summary>
    Exists = 17,

    /// <summary>ENODEV: no such interface.</summary>
    NoDevice = 19,

    /// <summary>EINVAL.</summary>
    Invalid = 22,

    /// <summary>ENOSPC.</summary>
    NoSpace = 28,

    /// <summary>EMLINK: nested too deeply (nf_tables jumps).</summary>
    TooManyLinks = 31,

    /// <summary>ERANGE: a value is outside its range.</summary>
    OutOfRange = 34,

    /// <summary>ERESTART: the nf_tables generation changed.</summary>
    Restart = 85,

    /// <summary>EMSGSIZE: larger than the socket's send buffer.</summary>
    MessageTooLong = 90,

    /// <summary>EPROTONOSUPPORT: the kernel lacks the netlink family.</summary>
    ProtocolNotSupported = 93,

    /// <summary>EOPNOTSUPP: the kernel lacks the feature.</summary>
    NotSupported = 95,

    /// <summary>EAFNOSUPPORT: the kernel lacks the address family.</summary>
    AddressFamilyNotSupported = 97,

    /// <summary>EADDRINUSE.</summary>
    AddressInUse = 98,

    /// <summary>EADDRNOTAVAIL: no such address.</summary>
    AddressNotAvailable = 99,

    /// <summary>ENETDOWN: the interface is down.</summary>
    NetworkDown = 100,

    /// <summary>ENETUNREACH: the gateway is not reachable.</summary>
    NetworkUnreachable = 101,

    /// <summary>ENOBUFS: the socket's receive buffer overflowed and messages were lost.</summary>
    NoBuffers = 105,

    /// <summary>EHOSTUNREACH.</summary>
    HostUnreachable = 113,
}
