using System.Globalization;
using System.Numerics;
using Calico.Policy.Model;
using Calico.Policy.Resources;

namespace Calico.Policy.Conversion;

/// <summary>Limits written as annotations of a pod (<c>qos.projectcalico.org/…</c>, and Kubernetes' bandwidth annotations), cut to what the kernel takes.</summary>
internal static class QosAnnotations
{
    private const string Prefix = "qos.projectcalico.org/";
    private const string KubernetesPrefix = "kubernetes.io/";
    private const long DefaultBurst = 4L << 30;
    private const long DefaultPacketBurst = 5;

    public static QosControls? Read(LabelMap annotations)
    {
        QosControls qos = new();
        bool known = false;
        foreach (string direction in (string[])["ingress", "egress"])
        {
            long? bandwidth = Value("Bandwidth", 1_000, 1_000_000_000_000_000)
                ?? Parse(annotations, KubernetesPrefix + direction + "-bandwidth", 1_000, 1_000_000_000_000_000);
            long? burst = bandwidth is null ? null : Value("Burst", 1_000, uint.MaxValue * 8L) ?? DefaultBurst;
            long? peak = bandwidth is null ? null : Value("Peakrate", 1_010, 1_010_000_000_000_000);
            long? minburst = bandwidth is null ? null : Value("Minburst", 1_000, 100_000_000);
            long? packetRate = Value("PacketRate", 1, 10_000);
            long? packetBurst = packetRate is null ? null : Value("PacketBurst", 1, 10_000) ?? DefaultPacketBurst;
            long? connections = Value("MaxConnections", 1, uint.MaxValue);
            known |= bandwidth is not null || packetRate is not null || connections is not null;
            qos = direction == "ingress"
                ? qos with
                {
                    IngressBandwidth = bandwidth, IngressBurst = burst, IngressPeakrate = peak, IngressMinburst = minburst,
                    IngressPacketRate = packetRate, IngressPacketBurst = packetBurst, IngressMaxConnections = connections,
                }
                : qos with
                {
                    EgressBandwidth = bandwidth, EgressBurst = burst, EgressPeakrate = peak, EgressMinburst = minburst,
                    EgressPacketRate = packetRate, EgressPacketBurst = packetBurst, EgressMaxConnections = connections,
                };

            long? Value(string name, long min, long max) => Parse(annotations, Prefix + direction + name, min, max);
        }

        if (annotations.TryGetValue(Prefix + "dscp", out string? text) && new Dscp(text) is var dscp && dscp.Resolve() is not null)
        {
            known = true;
            qos = qos with { Dscp = dscp };
        }

        return known ? qos : null;
    }

    // What cannot be read counts as absent, as in Calico: a limit is not a matter of policy.
    private static long? Parse(LabelMap annotations, string name, long min, long max) =>
        annotations.TryGetValue(name, out string? text) && TryQuantity(text, out BigInteger value) ? (long)BigInteger.Clamp(value, min, max) : null;

    /// <summary>A Kubernetes quantity (<c>1500</c>, <c>10M</c>, <c>1.5Gi</c>, <c>1e3</c>), rounded up to a whole number.</summary>
    internal static bool TryQuantity(string text, out BigInteger value)
    {
        value = default;
        int end = text.Length;
        while (end > 0 && !char.IsAsciiDigit(text[end - 1]) && text[end - 1] != '.') end--;
        string suffix = text[end..];
        if (!decimal.TryParse(text[..end], NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out decimal number))
            return false;
        (BigInteger factor, int divisor) = suffix switch
        {
            "" => (BigInteger.One, 1),
            "m" => (BigInteger.One, 1_000),
            "k" => (BigInteger.Pow(10, 3), 1),
            "M" => (BigInteger.Pow(10, 6), 1),
            "G" => (BigInteger.Pow(10, 9), 1),
            "T" => (BigInteger.Pow(10, 12), 1),
            "P" => (BigInteger.Pow(10, 15), 1),
            "E" => (BigInteger.Pow(10, 18), 1),
            "Ki" => (BigInteger.Pow(2, 10), 1),
            "Mi" => (BigInteger.Pow(2, 20), 1),
            "Gi" => (BigInteger.Pow(2, 30), 1),
            "Ti" => (BigInteger.Pow(2, 40), 1),
            "Pi" => (BigInteger.Pow(2, 50), 1),
            "Ei" => (BigInteger.Pow(2, 60), 1),
            _ => (BigInteger.Zero, 1),
        };
        if (factor.IsZero) return false;
        const int Scale = 1_000_000;
        decimal scaled = Math.Clamp(number, -1_000_000_000_000_000_000m, 1_000_000_000_000_000_000m) * Scale;
        BigInteger numerator = (BigInteger)decimal.Ceiling(scaled) * factor, denominator = (BigInteger)Scale * divisor;
        value = BigInteger.DivRem(numerator, denominator, out BigInteger rest);
        if (rest > 0) value++;
        return true;
    }
}
