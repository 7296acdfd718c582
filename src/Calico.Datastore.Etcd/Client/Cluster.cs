using Grpc.Core;

namespace Calico.Datastore.Etcd.Client;

/// <summary>
/// The members and who is asked: one until it fails, then the next. Reads and other repeatable calls go on from member to member until the time is up;
/// a mutation is sent once, and again only when the first certainly did nothing.
/// </summary>
internal sealed class Cluster(EtcdDatastoreOptions options) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastPause = TimeSpan.FromMilliseconds(500);

    private readonly Member[] _members = [.. options.Endpoints.Select(endpoint => new Member(endpoint, options))];
    private readonly SemaphoreSlim _authenticating = new(1, 1);
    private int _current = Random.Shared.Next(options.Endpoints.Count);
    private volatile string? _token;

    /// <summary>The member asked at present.</summary>
    public Member Current => _members[Volatile.Read(ref _current)];

    /// <summary>Moves on from a member that failed, unless somebody already did.</summary>
    public void MoveOn(Member failed)
    {
        int at = Array.IndexOf(_members, failed);
        Interlocked.CompareExchange(ref _current, (at + 1) % _members.Length, at);
    }

    /// <summary>Makes a call that may be repeated.</summary>
    /// <exception cref="DatastoreException">No member answered in time, or one said no.</exception>
    public ValueTask<T> RepeatAsync<T>(Func<Member, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken) =>
        RepeatAsync(async (member, callOptions) => await call(member, callOptions).ConfigureAwait(false), cancellationToken);

    /// <inheritdoc cref="RepeatAsync{T}(Func{Member, CallOptions, AsyncUnaryCall{T}}, CancellationToken)"/>
    public async ValueTask<T> RepeatAsync<T>(Func<Member, CallOptions, Task<T>> call, CancellationToken cancellationToken)
    {
        Attempts attempts = new(options.OperationTimeout);
        while (true)
        {
            Member member = Current;
            try
            {
                return await call(member, await CallOptionsAsync(options.ReadTimeout, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (RpcException error)
            {
                cancellationToken.ThrowIfCancellationRequested();
                FailureKind kind = Failure.Classify(error);
                if (kind == FailureKind.Refused || !attempts.MayTryAgain(kind)) throw Failure.ToException(error, member.Endpoint);
                await RecoverAsync(kind, member, attempts, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends a mutation.</summary>
    /// <returns>The answer, or null and the reason when it was lost.</returns>
    /// <exception cref="DatastoreException">It certainly was not carried out.</exception>
    public async ValueTask<(T? Answer, string? Lost)> MutateAsync<T>(Func<Member, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
        where T : class
    {
        Attempts attempts = new(options.OperationTimeout);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Member member = Current;
            CallOptions callOptions = await CallOptionsAsync(options.CommitTimeout, cancellationToken).ConfigureAwait(false);
            try
            {
                return (await call(member, callOptions).ConfigureAwait(false), null);
            }
            catch (RpcException error)
            {
                FailureKind kind = Failure.Classify(error);
                if (kind == FailureKind.Unknown)
                {
                    if (!cancellationToken.IsCancellationRequested) MoveOn(member);
                    return (null, $"{member.Endpoint}: {Failure.Detail(error)}");
                }

                if (kind == FailureKind.Refused || !attempts.MayTryAgain(kind)) throw Failure.ToException(error, member.Endpoint);
                await RecoverAsync(kind, member, attempts, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The headers of a call that lasts: ends by itself when the member loses its leader.</summary>
    public async ValueTask<CallOptions> StreamOptionsAsync(CancellationToken cancellationToken) =>
        new(await HeadersAsync(cancellationToken).ConfigureAwait(false), cancellationToken: cancellationToken);

    /// <summary>Forgets the token; the next call gets a new one.</summary>
    public void ForgetToken() => _token = null;

    public void Dispose()
    {
        foreach (Member member in _members) member.Dispose();
        _authenticating.Dispose();
    }

    private async ValueTask RecoverAsync(FailureKind kind, Member member, Attempts attempts, CancellationToken cancellationToken)
    {
        if (kind == FailureKind.TokenExpired)
        {
            ForgetToken();
            return;
        }

        MoveOn(member);
        TimeSpan pause = attempts.NextPause(FirstPause, LastPause, _members.Length);
        if (pause > TimeSpan.Zero) await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<CallOptions> CallOptionsAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Metadata headers = await HeadersAsync(cancellationToken).ConfigureAwait(false);
        return new(headers, TimeProvider.System.GetUtcNow().UtcDateTime + timeout, cancellationToken);
    }

    private async ValueTask<Metadata> HeadersAsync(CancellationToken cancellationToken)
    {
        Metadata headers = new() { { "hasleader", "true" } };
        if (options.UserName.Length > 0) headers.Add("token", _token ?? await AuthenticateAsync(cancellationToken).ConfigureAwait(false));
        return headers;
    }

    private async ValueTask<string> AuthenticateAsync(CancellationToken cancellationToken)
    {
        await _authenticating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_token is { } known) return known;
            Wire.AuthenticateRequest request = new() { Name = options.UserName, Password = options.Password };
            Attempts attempts = new(options.OperationTimeout);
            while (true)
            {
                Member member = Current;
                try
                {
                    DateTime deadline = TimeProvider.System.GetUtcNow().UtcDateTime + options.ReadTimeout;
                    Wire.AuthenticateResponse answer = await member.Auth.AuthenticateAsync(request, deadline: deadline, cancellationToken: cancellationToken).ConfigureAwait(false);
                    return _token = answer.Token;
                }
                catch (RpcException error)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    FailureKind kind = Failure.Classify(error);
                    if (kind is FailureKind.Refused or FailureKind.TokenExpired || !attempts.MayTryAgain(kind)) throw Failure.ToException(error, member.Endpoint);
                    await RecoverAsync(kind, member, attempts, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _authenticating.Release();
        }
    }
}
