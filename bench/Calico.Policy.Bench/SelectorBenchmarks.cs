using BenchmarkDotNet.Attributes;
using Calico.Policy.Selectors;

namespace Calico.Policy.Bench;

/// <summary>A typical selector against a pod's labels.</summary>
[MemoryDiagnoser]
public class SelectorBenchmarks
{
    private Selector _selector = Selector.All;
    private LabelSet _labels = LabelSet.Empty;

    /// <summary>Parses once.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _selector = Selector.Parse("(projectcalico.org/namespace == 'payments') && (projectcalico.org/orchestrator == 'k8s' && app in {'api', 'web'})");
        _labels = LabelSet.From(new Dictionary<string, string>
        {
            ["projectcalico.org/namespace"] = "payments",
            ["projectcalico.org/orchestrator"] = "k8s",
            ["app"] = "web",
            ["version"] = "v3",
            ["pod-template-hash"] = "6c8f9d7b5",
        });
    }

    /// <summary>All three terms are tested.</summary>
    [Benchmark]
    public bool Matches() => _selector.Matches(_labels);
}
