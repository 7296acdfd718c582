namespace Calico.Lab.Routers;

/// <summary>The top-of-rack router's BGP speaker.</summary>
internal interface IRouter : IAsyncDisposable
{
    /// <summary>What the output calls it, with its version where it has one.</summary>
    string Name { get; }

    /// <summary>The routes it has learned, as it prints them itself.</summary>
    Task<string> ShowRoutesAsync(CancellationToken cancellation);

    /// <summary>Ways for a person to look at it.</summary>
    IReadOnlyList<string> Hints { get; }

    int? ProcessId { get; }
}
