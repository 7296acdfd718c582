using System.Net;

namespace Calico.Dataplane;

/// <summary>A domain name was seen to have an address.</summary>
/// <param name="Name">The name that was asked for, without a final dot; letter case does not count.</param>
/// <param name="Address">The address.</param>
/// <param name="TimeToLive">How long the answer holds; policy forgets the address then.</param>
public sealed record DomainAnswer(string Name, IPAddress Address, TimeSpan TimeToLive);

/// <summary>Someone who sees DNS answers: an embedder's resolver, a proxy, a sniffer.</summary>
public interface IDomainNameSource
{
    /// <summary>The answers, as they are seen, until cancelled.</summary>
    IAsyncEnumerable<DomainAnswer> ReadAnswersAsync(CancellationToken cancellationToken);
}
