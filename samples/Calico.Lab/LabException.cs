namespace Calico.Lab;

/// <summary>Something that the lab needs is missing or failed; the message is for the person at the terminal.</summary>
internal sealed class LabException : Exception
{
    public LabException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
