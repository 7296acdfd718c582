namespace Calico.Datastore;

/// <summary>Why an operation on an object was refused.</summary>
public enum ResourceError
{
    /// <summary>The object breaks a rule; <see cref="ResourceException.Problems"/> says which.</summary>
    Invalid,

    /// <summary>It does not exist.</summary>
    NotFound,

    /// <summary>It exists already.</summary>
    AlreadyExists,

    /// <summary>Somebody else has changed it since it was read.</summary>
    Conflict,
}

/// <summary>One rule that an object breaks.</summary>
/// <param name="Path">The field, for example <c>spec.ingress[0].action</c>; empty = the object as a whole.</param>
/// <param name="Reason">What is wrong, to be read after the path.</param>
public sealed record ResourceProblem(string Path, string Reason)
{
    /// <summary>Path and reason.</summary>
    public override string ToString() => Path.Length == 0 ? Reason : $"{Path}: {Reason}";
}

/// <summary>An operation on an object was refused; nothing was written.</summary>
public sealed class ResourceException : Exception
{
    /// <summary>Makes the exception.</summary>
    public ResourceException(ResourceError error, ResourceKey? key, IReadOnlyList<ResourceProblem> problems, Resource? current = null)
        : base(Describe(error, key, problems)) => (Error, Key, Problems, Current) = (error, key, problems, current);

    /// <summary>Why.</summary>
    public ResourceError Error { get; }

    /// <summary>The object, where its name is known.</summary>
    public ResourceKey? Key { get; }

    /// <summary>With <see cref="ResourceError.Invalid"/>: every rule it breaks.</summary>
    public IReadOnlyList<ResourceProblem> Problems { get; }

    /// <summary>With <see cref="ResourceError.AlreadyExists"/> and <see cref="ResourceError.Conflict"/>: the object as it is now.</summary>
    public Resource? Current { get; }

    internal static ResourceException Invalid(ResourceKey? key, string path, string reason) =>
        new(ResourceError.Invalid, key, [new ResourceProblem(path, reason)]);

    private static string Describe(ResourceError error, ResourceKey? key, IReadOnlyList<ResourceProblem> problems)
    {
        string who = key?.ToString() ?? "The object";
        return error switch
        {
            ResourceError.NotFound => $"{who} does not exist.",
            ResourceError.AlreadyExists => $"{who} exists already.",
            ResourceError.Conflict => $"{who} has been changed by somebody else; read it again.",
            _ => $"{who}: {string.Join("; ", problems)}",
        };
    }
}
