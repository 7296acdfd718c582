using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Calico.PacketPath.Bench;

/// <summary>Sends small UDP datagrams as fast as the kernel takes them, 64 a system call, from the calling thread's namespace.</summary>
/// <remarks>The whole path runs in softirq on the sender's CPU, within its system calls: the thread's CPU time is the packets' cost.</remarks>
internal static unsafe partial class Blaster
{
    private const int Batch = 64, Datagram = 2, Inet = 2, ThreadCpuTime = 3;

    /// <returns>CPU nanoseconds for each packet.</returns>
    public static double Send(IPAddress to, int flows, int packets)
    {
        int socket = Socket(Inet, Datagram, 0);
        if (socket < 0) throw new InvalidOperationException($"socket: errno {Marshal.GetLastPInvokeError()}");
        byte* payload = stackalloc byte[18];
        Vector* vectors = stackalloc Vector[Batch];
        Message* messages = stackalloc Message[Batch];
        byte* addresses = stackalloc byte[Batch * 16];
        new Span<byte>(addresses, Batch * 16).Clear();
        new Span<Message>(messages, Batch).Clear();
        for (int i = 0; i < Batch; i++)
        {
            byte* address = addresses + i * 16;
            address[0] = Inet;
            to.TryWriteBytes(new Span<byte>(address + 4, 4), out _);
            vectors[i] = new Vector { Base = payload, Length = 18 };
            messages[i].Name = address;
            messages[i].NameLength = 16;
            messages[i].Vectors = vectors + i;
            messages[i].VectorCount = 1;
        }

        uint random = 1;
        long start = Now();
        int sent = 0;
        while (sent < packets)
        {
            for (int i = 0; i < Batch; i++)
            {
                random = random * 1664525 + 1013904223;
                BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(addresses + i * 16 + 2, 2), (ushort)(1024 + (random >> 8) % flows));
            }

            int done = SendMany(socket, messages, Batch, 0);
            if (done <= 0) throw new InvalidOperationException($"sendmmsg: errno {Marshal.GetLastPInvokeError()}");
            sent += done;
        }

        double each = (Now() - start) / (double)sent;
        _ = Close(socket);
        return each;
    }

    private static long Now()
    {
        Time time;
        _ = Clock(ThreadCpuTime, &time);
        return time.Seconds * 1_000_000_000 + time.Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds, Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public byte* Base;
        public nint Length;
    }

    // struct mmsghdr on 64-bit Linux.
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Message
    {
        public byte* Name;
        public uint NameLength;
        public Vector* Vectors;
        public nint VectorCount;
        public nint Control, ControlLength;
        public int Flags;
        public uint Sent;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    private static partial int SendMany(int socket, Message* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int socket);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Clock(int clock, Time* time);
}
