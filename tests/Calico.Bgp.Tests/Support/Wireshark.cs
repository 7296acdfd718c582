using System.Buffers.Binary;
using System.Diagnostics;

namespace Calico.Bgp.Tests;

/// <summary>Wireshark's dissectors as an independent reader.</summary>
internal static class Wireshark
{
    /// <summary>Each message as one TCP segment in a capture file, through tshark; one row of fields for each. Skips without tshark, fails without it on CI.</summary>
    public static string[][] Dissect(IReadOnlyList<byte[]> messages, int port, string protocol, params string[] fields)
    {
        if (!File.Exists("/usr/bin/tshark"))
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") != "true", "tshark is missing");
            Assert.Skip("no tshark on this machine");
        }

        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, Capture(messages, port));
            List<string> arguments = ["-r", file, "-d", $"tcp.port=={port},{protocol}", "-T", "fields", "-E", "separator=|"];
            foreach (string field in fields) arguments.AddRange(["-e", field]);
            using Process tshark = Process.Start(new ProcessStartInfo("tshark", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = tshark.StandardError.ReadToEndAsync();
            string text = tshark.StandardOutput.ReadToEnd();
            tshark.WaitForExit();
            Assert.True(tshark.ExitCode == 0, errors.Result);
            return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|'))];
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static byte[] Capture(IReadOnlyList<byte[]> messages, int port)
    {
        var file = new MemoryStream();
        var writer = new BinaryWriter(file);
        // pcap: magic, 2.4, zone, accuracy, longest packet, raw IPv4.
        foreach (uint word in new uint[] { 0xA1B2C3D4, 0x00040002, 0, 0, 262144, 228 }) writer.Write(word);
        uint sequence = 1;
        foreach (byte[] message in messages)
        {
            byte[] packet = new byte[40 + message.Length];
            packet[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
            (packet[8], packet[9]) = (64, 6);
            new byte[] { 192, 0, 2, 1, 192, 0, 2, 2 }.CopyTo(packet, 12);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), 40000);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), (ushort)port);
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(24), sequence);
            (packet[32], packet[33], packet[34]) = (0x50, 0x18, 0xFF);
            message.CopyTo(packet, 40);
            sequence += (uint)message.Length;
            foreach (uint word in new uint[] { 0, 0, (uint)packet.Length, (uint)packet.Length }) writer.Write(word);
            writer.Write(packet);
        }

        return file.ToArray();
    }
}
