namespace Calico.Datastore;

/// <summary>An object that a manifest holds.</summary>
/// <param name="Resource">The object, its namespace filled in.</param>
/// <param name="File">The file it stands in.</param>
/// <param name="Line">The line where it begins, from 1.</param>
public sealed record ManifestObject(Resource Resource, string File, int Line);

/// <summary>What is wrong with a manifest.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">The line of the field, from 1; 0 = the file as a whole.</param>
/// <param name="Object">The object as <c>Kind namespace/name</c>; empty where it cannot be told.</param>
/// <param name="Field">The field, for example <c>spec.ingress[0].action</c>; empty = the object as a whole.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record ManifestProblem(string File, int Line, string Object, string Field, string Reason)
{
    /// <summary><c>file:line: object: field: reason</c>, as compilers write it.</summary>
    public override string ToString()
    {
        string place = Line > 0 ? $"{File}:{Line}" : File;
        return string.Join(": ", ((string[])[place, Object, Field, Reason]).Where(part => part.Length > 0));
    }
}

/// <summary>What a folder of manifests says at one moment.</summary>
/// <param name="Objects">The valid objects; one whose manifest is broken just now is as it was when it was last valid.</param>
/// <param name="Problems">Everything that is wrong.</param>
public sealed record ManifestSnapshot(IReadOnlyList<ManifestObject> Objects, IReadOnlyList<ManifestProblem> Problems);
