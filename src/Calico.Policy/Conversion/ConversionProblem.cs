namespace Calico.Policy.Conversion;

/// <summary>Something in a resource that could not be converted. What it stood for fails closed.</summary>
/// <param name="Path">Where, as a JSON path below the object, for example <c>spec.ingress[1].ports[0]</c>.</param>
/// <param name="Message">What is wrong, and what was done instead.</param>
public readonly record struct ConversionProblem(string Path, string Message)
{
    /// <summary>Path and message.</summary>
    public override string ToString() => $"{Path}: {Message}";
}

/// <summary>A converted object and what was lost on the way.</summary>
/// <typeparam name="T">What the resource was converted to.</typeparam>
/// <param name="Value">The object; null when the resource stands for nothing.</param>
/// <param name="Problems">What could not be converted; empty when all was well.</param>
public sealed record Converted<T>(T? Value, IReadOnlyList<ConversionProblem> Problems)
    where T : class;
