using System.IO.Compression;
using Calico.Bgp.Mrt;

// Print a RIPE RIS or RouteViews dump (.gz) the way bgpdump -m does.
await using GZipStream file = new(File.OpenRead(args[0]), CompressionMode.Decompress);
var reader = new MrtStreamReader(file);
await using StreamWriter output = new(Console.OpenStandardOutput());
var text = new MrtText(output);
while (await reader.ReadAsync())
{
    if (!text.TryWrite(reader.Current, out MrtError error)) Console.Error.WriteLine(error);
}

if (reader.Error.IsError) Console.Error.WriteLine(reader.Error);
