namespace Calico.Ipam;

/// <summary>Why IPAM refused a request.</summary>
public enum IpamErrorCode
{
    /// <summary>The request itself is not valid.</summary>
    InvalidRequest,

    /// <summary>No enabled pool may be used for this request (Calico: <c>ErrNoQualifiedPool</c>).</summary>
    NoQualifiedPool,

    /// <summary>A pool that was asked for does not exist, is disabled or of the other family.</summary>
    PoolNotUsable,

    /// <summary>The host has as many blocks as it may (Calico: <c>ErrBlockLimit</c>).</summary>
    BlockLimit,

    /// <summary>Host-reserved addresses need strict affinity (Calico: <c>ErrStrictAffinity</c>).</summary>
    StrictAffinityRequired,

    /// <summary>The address lies in no configured pool.</summary>
    NotInPool,

    /// <summary>The address is in use, or cooling down.</summary>
    AlreadyAssigned,

    /// <summary>The handle has as many addresses as it may.</summary>
    HandleLimit,

    /// <summary>There is no such handle.</summary>
    HandleNotFound,

    /// <summary>There is no such address allocated.</summary>
    NotAllocated,

    /// <summary>The address was allocated anew since.</summary>
    BadSequenceNumber,

    /// <summary>The address belongs to another handle.</summary>
    BadHandle,

    /// <summary>The address's owner is not the one that was expected.</summary>
    BadOwner,

    /// <summary>The block has addresses in use.</summary>
    BlockNotEmpty,

    /// <summary>The block belongs to somebody else.</summary>
    BlockNotOwned,

    /// <summary>The requested range is smaller than a block.</summary>
    RangeTooSmall,

    /// <summary>Somebody else changed the same documents again and again, or at the very moment; try later.</summary>
    Conflict,

    /// <summary>Turned off by the cluster's configuration.</summary>
    Disabled,
}

/// <summary>IPAM refused a request; the message says why and what to do. Nothing was left half done.</summary>
public sealed class IpamException : Exception
{
    /// <summary>A refusal.</summary>
    /// <param name="code">Its kind.</param>
    /// <param name="message">For people.</param>
    /// <param name="inner">Its cause, if any.</param>
    public IpamException(IpamErrorCode code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>The kind of refusal.</summary>
    public IpamErrorCode Code { get; }
}
