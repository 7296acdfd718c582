using BenchmarkDotNet.Running;
using Calico.Bgp.Bench;

// dotnet run -c Release --project bench/Calico.Bgp.Bench -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(CodecBenchmarks).Assembly).Run(args);
