namespace Calico.Netlink;

/// <summary>What to be told of (linux/rtnetlink.h, RTNLGRP_*).</summary>
[Flags]
public enum RtGroups
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Interfaces.</summary>
    Links = 1,

    /// <summary>Addresses of both families.</summary>
    Addresses = 2,

    /// <summary>Routes of both families.</summary>
    Routes = 4,

    /// <summary>Policy rules of both families.</summary>
    Rules = 8,

    /// <summary>Neighbours and forwarding entries.</summary>
    Neighbours = 16,

    /// <summary>Nexthop objects.</summary>
    Nexthops = 32,

    /// <summary>All of these.</summary>
    All = Links | Addresses | Routes | Rules | Neighbours | Nexthops,
}
