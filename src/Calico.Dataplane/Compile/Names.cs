namespace Calico.Dataplane.Compile;

/// <summary>What our objects are called in the kernel.</summary>
internal static class Names
{
    public const string Table = "calico";

    // Base chains.
    public const string RawPrerouting = "raw-prerouting";
    public const string RawOutput = "raw-output";
    public const string ManglePrerouting = "mangle-prerouting";
    public const string ManglePostrouting = "mangle-postrouting";
    public const string Input = "input";
    public const string Forward = "forward";
    public const string Output = "output";
    public const string NatPostrouting = "nat-postrouting";

    // Stages they jump to.
    public const string AntiSpoofing = "anti-spoofing";
    public const string FromWorkload = "from-workload";
    public const string ToWorkload = "to-workload";
    public const string WorkloadToHost = "workload-to-host";
    public const string FailsafeIn = "failsafe-in";
    public const string FailsafeOut = "failsafe-out";
    public const string FailsafeRawIn = "failsafe-raw-in";
    public const string FailsafeRawOut = "failsafe-raw-out";
    public const string HostForwardIn = "forward-from-host-endpoint";
    public const string HostForwardOut = "forward-to-host-endpoint";
    public const string Reject = "reject-packet"; // "reject" is a word of nft's language
    public const string EndpointDown = "endpoint-down";

    // Dispatch: interface to verdict.
    public const string FromWorkloadMap = "workload-egress";
    public const string ToWorkloadMap = "workload-ingress";
    public const string DownInterfaces = "endpoints-down";
    public const string SourcesV4 = "workload-sources-v4";
    public const string SourcesV6 = "workload-sources-v6";
}
