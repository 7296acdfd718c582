namespace Calico.Policy.Engine;

/// <summary>Something the engine could not read. The object's last valid version stays in force; without one the rest of it is in force and fails closed.</summary>
/// <param name="Subject">The object, for example <c>GlobalNetworkPolicy web</c>.</param>
/// <param name="Place">The place in it, for example <c>ingress[2].source.selector</c>.</param>
/// <param name="Message">What is wrong there, and what is done instead.</param>
public sealed record PolicyFault(string Subject, string Place, string Message)
{
    /// <summary><c>SUBJECT: PLACE: MESSAGE</c>.</summary>
    public override string ToString() => $"{Subject}: {Place}: {Message}";
}
