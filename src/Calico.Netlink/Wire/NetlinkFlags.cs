namespace Calico.Netlink;

/// <summary>The <c>nlmsg_flags</c> field (linux/netlink.h, NLM_F_*). Values above 0xff mean different things by kind of request.</summary>
[Flags]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "nlmsg_flags is the field's name.")]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1069", Justification = "The kernel reuses the bits by kind of request.")]
public enum NetlinkFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>NLM_F_REQUEST: the message is a request; every request carries it.</summary>
    Request = 0x1,

    /// <summary>NLM_F_MULTI: part of a reply that ends with NLMSG_DONE.</summary>
    Multi = 0x2,

    /// <summary>NLM_F_ACK: answer with an acknowledgement also on success.</summary>
    Ack = 0x4,

    /// <summary>NLM_F_ECHO: send the resulting notification to the requester too.</summary>
    Echo = 0x8,

    /// <summary>NLM_F_DUMP_INTR: the dumped objects changed while the dump ran.</summary>
    DumpInterrupted = 0x10,

    /// <summary>NLM_F_DUMP_FILTERED: the kernel applied the requested filter.</summary>
    DumpFiltered = 0x20,

    /// <summary>NLM_F_ROOT (get requests): the whole table.</summary>
    Root = 0x100,

    /// <summary>NLM_F_MATCH (get requests): all that match.</summary>
    Match = 0x200,

    /// <summary>NLM_F_ROOT | NLM_F_MATCH: a dump.</summary>
    Dump = Root | Match,

    /// <summary>NLM_F_REPLACE (new requests): replace what exists.</summary>
    Replace = 0x100,

    /// <summary>NLM_F_EXCL (new requests): fail with EEXIST when it exists.</summary>
    Exclusive = 0x200,

    /// <summary>NLM_F_CREATE (new requests): create when it does not exist.</summary>
    Create = 0x400,

    /// <summary>NLM_F_APPEND (new requests): add behind what exists.</summary>
    Append = 0x800,

    /// <summary>NLM_F_NONREC (delete requests): do not delete recursively.</summary>
    NonRecursive = 0x100,

    /// <summary>NLM_F_CAPPED (acknowledgements): the payload of the request was left out.</summary>
    Capped = 0x100,

    /// <summary>NLM_F_ACK_TLVS (acknowledgements): extended-acknowledgement attributes follow.</summary>
    AckAttributes = 0x200,
}
