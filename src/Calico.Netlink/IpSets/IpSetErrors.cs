namespace Calico.Netlink;

/// <summary>Texts of the error numbers that only ipset uses (linux/netfilter/ipset/ip_set.h, enum ipset_errno).</summary>
internal static class IpSetErrors
{
    public static string? Describe(int code) => code switch
    {
        4097 => "ipset protocol error",
        4098 => "The kernel does not know this type of set",
        4099 => "The maximal number of sets is reached",
        4100 => "The set is in use",
        4101 => "A set of the new name exists",
        4102 => "The two sets are of different types",
        4103 => "The element is in the set, or to be deleted and not in it",
        4104 => "The prefix length is invalid",
        4105 => "The netmask is invalid",
        4106 => "The family is not supported by this type of set",
        4107 => "The set has no timeouts",
        4108 => "The set is referred to by another",
        4109 => "An IPv4 address is expected",
        4110 => "An IPv6 address is expected",
        4111 => "The set has no counters",
        4112 => "The set has no comments",
        4352 => "The set is full",
        4353 => "The protocol is missing",
        4354 => "The protocol is invalid",
        _ => null,
    };
}
