using Grpc.Core;

namespace Calico.Datastore.Etcd.Client;

/// <summary>What a failed call means for the caller.</summary>
internal enum FailureKind
{
    /// <summary>Nothing reached a member that would carry it out: try the next one, also with a mutation.</summary>
    NotCarriedOut,

    /// <summary>The call may have been carried out.</summary>
    Unknown,

    /// <summary>The token is old: get a new one and try again.</summary>
    TokenExpired,

    /// <summary>The store has said no.</summary>
    Refused,
}

/// <summary>Reads gRPC's errors as etcd means them (etcd <c>api/v3rpc/rpctypes/error.go</c>).</summary>
internal static class Failure
{
    public static FailureKind Classify(RpcException error)
    {
        string detail = error.Status.Detail;
        return error.StatusCode switch
        {
            StatusCode.Unavailable when IsConnectFailure(error) || detail.Contains("no leader", StringComparison.Ordinal) => FailureKind.NotCarriedOut,
            StatusCode.Unauthenticated when detail.Contains("invalid auth token", StringComparison.Ordinal) => FailureKind.TokenExpired,
            StatusCode.InvalidArgument when detail.Contains("revision in header is old", StringComparison.Ordinal) => FailureKind.TokenExpired,
            StatusCode.InvalidArgument when detail.Contains("user name is empty", StringComparison.Ordinal) => FailureKind.TokenExpired,
            StatusCode.ResourceExhausted when detail.Contains("too many requests", StringComparison.Ordinal) => FailureKind.NotCarriedOut,
            StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Internal or StatusCode.Unknown or StatusCode.Aborted or StatusCode.DataLoss => FailureKind.Unknown,
            _ => FailureKind.Refused,
        };
    }

    public static bool IsCompacted(RpcException error) => error.StatusCode == StatusCode.OutOfRange && error.Status.Detail.Contains("compacted", StringComparison.Ordinal);

    public static bool IsFuture(RpcException error) => error.StatusCode == StatusCode.OutOfRange && error.Status.Detail.Contains("future", StringComparison.Ordinal);

    public static DatastoreException ToException(RpcException error, string endpoint)
    {
        DatastoreError kind = error.StatusCode switch
        {
            StatusCode.Unauthenticated => DatastoreError.Unauthenticated,
            StatusCode.InvalidArgument when error.Status.Detail.Contains("authentication failed", StringComparison.Ordinal) => DatastoreError.Unauthenticated,
            StatusCode.InvalidArgument when error.Status.Detail.Contains("user name is empty", StringComparison.Ordinal) => DatastoreError.Unauthenticated,
            StatusCode.PermissionDenied => DatastoreError.PermissionDenied,
            StatusCode.NotFound => DatastoreError.LeaseNotFound,
            StatusCode.ResourceExhausted when error.Status.Detail.Contains("space exceeded", StringComparison.Ordinal) => DatastoreError.Full,
            StatusCode.OutOfRange => DatastoreError.Compacted,
            StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.ResourceExhausted or StatusCode.Unimplemented => DatastoreError.Rejected,
            _ => DatastoreError.Unavailable,
        };
        return new(kind, $"etcd at {endpoint}: {Detail(error)}", error);
    }

    public static string Detail(RpcException error) => $"{error.StatusCode}: {error.Status.Detail}";

    /// <summary>True when no connection came up, so that nothing can have been sent.</summary>
    private static bool IsConnectFailure(RpcException error)
    {
        if (error.Status.Detail.StartsWith("Error connecting to subchannel", StringComparison.Ordinal)) return true;
        for (Exception? cause = error.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError })
                return true;
        }

        return false;
    }
}
