namespace Calico.Policy.Validation;

/// <summary>A rule of the API that a resource breaks.</summary>
/// <param name="Path">Where, for example <c>spec.ingress[0].source.nets[1]</c>.</param>
/// <param name="Message">What is wrong, and what would be right.</param>
public readonly record struct ValidationError(string Path, string Message)
{
    /// <summary>Path and message.</summary>
    public override string ToString() => $"{Path}: {Message}";
}
