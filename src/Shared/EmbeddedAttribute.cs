namespace Microsoft.CodeAnalysis;

// Declared in source so that the compiler hides types marked with it from other assemblies:
// two packages that link the same file then never clash in a project that sees both (CS0433).
[AttributeUsage(AttributeTargets.All, Inherited = false)]
internal sealed partial class EmbeddedAttribute : Attribute;
