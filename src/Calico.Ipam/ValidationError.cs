namespace Calico.Ipam;

/// <summary>One thing that is wrong with an object.</summary>
/// <param name="Path">Where, as a JSON path such as <c>$.spec.cidr</c>.</param>
/// <param name="Reason">What is wrong and what would be right.</param>
public sealed record ValidationError(string Path, string Reason)
{
    /// <summary>Path and reason.</summary>
    public override string ToString() => $"{Path}: {Reason}";
}
