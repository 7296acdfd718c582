using System.Buffers;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calico.Bgp.Mrt;

/// <summary>What a recorder writes, and where.</summary>
public sealed record MrtRecorderOptions
{
    /// <summary>The file, a composite format of the time (UTC) its records begin, such as <c>/var/log/bgp/updates.{0:yyyyMMdd.HHmmss}</c>. A file that is there is continued.</summary>
    public required string Path { get; init; }

    /// <summary>A new file every so often, on the clock: 15 min begins files at :00, :15, :30, :45. Zero: never. Default 15 min.</summary>
    public TimeSpan RotateEvery { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Whether to record messages sent too (the LOCAL subtypes). Default false.</summary>
    public bool IncludeSent { get; init; }

    /// <summary>Octets of records that may wait for the disk. Default 16 MiB.</summary>
    /// <remarks>The overflow policy is <em>drop newest</em>: with more waiting, records are dropped and counted in <see cref="MrtRecorder.Dropped"/>; sessions are never held up.</remarks>
    public int QueueLimit { get; init; } = 16 * 1024 * 1024;

    internal void Validate()
    {
        if (RotateEvery < TimeSpan.Zero) throw new ArgumentException($"{nameof(RotateEvery)} is {RotateEvery}: it must not be negative.");
        if (QueueLimit < 65536) throw new ArgumentException($"{nameof(QueueLimit)} is {QueueLimit}: one message may need 65536.");
        string file;
        try
        {
            file = NameAt(DateTimeOffset.UnixEpoch);
        }
        catch (FormatException error)
        {
            throw new ArgumentException($"{nameof(Path)} is '{Path}': {error.Message}", error);
        }

        if (RotateEvery > TimeSpan.Zero && file == NameAt(DateTimeOffset.UnixEpoch + RotateEvery)) throw new ArgumentException($"{nameof(Path)} is '{Path}': files of one rotation and the next have the same name.");
    }

    internal string NameAt(DateTimeOffset time) => string.Format(CultureInfo.InvariantCulture, Path, time.UtcDateTime);
}

/// <summary>Records a speaker's messages and state changes in MRT files: BGP4MP_ET with microseconds (RFC 6396 section 4.4, RFC 8050).</summary>
/// <example>
/// <code>
/// await using var recorder = await MrtRecorder.StartAsync(speaker, new MrtRecorderOptions { Path = "updates.{0:yyyyMMdd.HHmm}" });
/// </code>
/// </example>
public sealed class MrtRecorder : IAsyncDisposable
{
    private readonly BgpSpeaker _speaker;
    private readonly MrtRecorderOptions _options;
    private readonly BgpLog _log;
    private readonly Channel<(DateTimeOffset Time, byte[] Record)> _waiting = Channel.CreateUnbounded<(DateTimeOffset, byte[])>(new UnboundedChannelOptions { SingleReader = true });
    private readonly MrtSessionLog _sessions;
    private long _queued;
    private long _dropped;
    private Task _writing = Task.CompletedTask;

    private MrtRecorder(BgpSpeaker speaker, MrtRecorderOptions options, ILoggerFactory? loggerFactory)
    {
        (_speaker, _options) = (speaker, options);
        _log = new BgpLog((loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Calico.Bgp.Mrt"));
        _sessions = new MrtSessionLog(speaker.Core, options.IncludeSent, Take);
    }

    /// <summary>Records that were dropped because the disk did not keep up, or could not be written.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>The file written last; null before the first record.</summary>
    public string? CurrentFile { get; private set; }

    /// <summary>Begins to record.</summary>
    /// <param name="speaker">The speaker.</param>
    /// <param name="options">What to write, and where.</param>
    /// <param name="loggerFactory">Where to log; nowhere when null.</param>
    /// <returns>The recorder; dispose it to end the recording.</returns>
    /// <exception cref="ArgumentException">An option makes no sense; the message names it.</exception>
    public static async Task<MrtRecorder> StartAsync(BgpSpeaker speaker, MrtRecorderOptions options, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(speaker);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var recorder = new MrtRecorder(speaker, options, loggerFactory);
        recorder._writing = Task.Run(recorder.WriteAsync);
        await speaker.Run(() => speaker.Core.AddMonitor(recorder._sessions)).ConfigureAwait(false);
        return recorder;
    }

    private void Take(DateTimeOffset time, byte[] record)
    {
        if (Interlocked.Read(ref _queued) + record.Length > _options.QueueLimit)
        {
            Interlocked.Increment(ref _dropped);
            return;
        }

        Interlocked.Add(ref _queued, record.Length);
        _waiting.Writer.TryWrite((time, record));
    }

    private async Task WriteAsync()
    {
        FileStream? file = null;
        DateTimeOffset until = DateTimeOffset.MinValue;
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (_waiting.Reader.TryRead(out (DateTimeOffset Time, byte[] Record) next))
            {
                try
                {
                    if (file is null || next.Time >= until)
                    {
                        if (file is not null) await file.DisposeAsync().ConfigureAwait(false);
                        file = null;
                        (file, until) = Open(next.Time);
                    }

                    await file.WriteAsync(next.Record).ConfigureAwait(false);
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // The next record tries again: the disk may have room by then.
                    if (Interlocked.Increment(ref _dropped) == 1) _log.RecordingFailed(_options.Path, error.Message);
                }

                Interlocked.Add(ref _queued, -next.Record.Length);
            }

            if (file is not null) await FlushAsync(file).ConfigureAwait(false);
        }

        if (file is not null) await file.DisposeAsync().ConfigureAwait(false);
    }

    private async Task FlushAsync(FileStream file)
    {
        try
        {
            await file.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException error)
        {
            _log.RecordingFailed(_options.Path, error.Message);
        }
    }

    private (FileStream File, DateTimeOffset Until) Open(DateTimeOffset time)
    {
        bool rotates = _options.RotateEvery > TimeSpan.Zero;
        DateTimeOffset begin = rotates ? new DateTimeOffset(time.UtcTicks - time.UtcTicks % _options.RotateEvery.Ticks, TimeSpan.Zero) : time;
        CurrentFile = _options.NameAt(begin);
        return (new FileStream(CurrentFile, FileMode.Append, FileAccess.Write, FileShare.Read | FileShare.Delete, 64 * 1024), rotates ? begin + _options.RotateEvery : DateTimeOffset.MaxValue);
    }

    /// <summary>Ends the recording; what waits is written.</summary>
    /// <returns>Done when written.</returns>
    public async ValueTask DisposeAsync()
    {
        await _speaker.Run(() => _speaker.Core.RemoveMonitor(_sessions)).ConfigureAwait(false);
        _waiting.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }
}
