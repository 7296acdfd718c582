using System.Net;

namespace Calico.Bgp.Tests.Transport;

public class SpeakerWorkTests
{
    [Fact]
    public void An_alarm_a_fraction_of_a_millisecond_early_is_not_the_last_one()
    {
        var time = new AlarmTime();
        using var work = new SpeakerWork(time);
        TimeSpan deferral = TimeSpan.FromSeconds(120);
        var core = new BgpCore(
            new BgpSpeakerOptions { Asn = 65000, RouterId = IPAddress.Parse("10.99.0.1"), SelectionDeferral = deferral, Neighbors = [new() { Address = IPAddress.Parse("10.99.1.1"), Passive = true }] },
            new NoHost(),
            time,
            seed: 1);
        work.Core = core;
        work.Post(WorkItem.Call(core.Start));
        // The passive neighbour has no timer that would come first.
        for (int alarms = 0; time.Now < deferral - TimeSpan.FromMilliseconds(0.4); alarms++)
        {
            Assert.InRange(alarms, 0, 1000);
            time.Now = Min(time.Now + time.Alarm!.Value, deferral - TimeSpan.FromMilliseconds(0.4));
            time.Ring();
        }

        Assert.False(core.IsSynchronized);
        Assert.NotNull(time.Alarm);
        Assert.InRange(time.Alarm.Value, TimeSpan.FromMilliseconds(0.4), TimeSpan.FromMilliseconds(3));
        time.Now += time.Alarm.Value;
        time.Ring();
        Assert.True(core.IsSynchronized);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>A clock with one timer, which rings when the test says so.</summary>
    private sealed class AlarmTime : TimeProvider, ITimer
    {
        private TimerCallback _ring = null!;

        public TimeSpan Now { get; set; }

        /// <summary>For when the timer is set; null when it is not.</summary>
        public TimeSpan? Alarm { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _ring = callback;
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Alarm = dueTime;
            return true;
        }

        public void Ring()
        {
            Alarm = null;
            _ring(null);
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
