using BenchmarkDotNet.Running;
using Calico.Netlink.Bench;

// dotnet run -c Release --project bench/Calico.Netlink.Bench -- --filter '*'      (KernelBenchmarks need CAP_SYS_ADMIN)
BenchmarkSwitcher.FromAssembly(typeof(CodecBenchmarks).Assembly).Run(args);
