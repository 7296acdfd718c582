namespace Calico.Dataplane.Sets;

/// <summary>Knows the kernel sets behind a set's id.</summary>
internal interface ISetNames
{
    /// <summary>The kernel set with the set's members of one family. It exists whenever a rule names it.</summary>
    string KernelName(string setId, bool v6);
}
