namespace Calico.Lab.Reports;

/// <summary>Where the lab tells what it does. One for terminals, one for pipes, one for machines.</summary>
internal interface ILabReport
{
    /// <summary>Begins a step; disposing the result ends it.</summary>
    IStep Begin(string step, int of = 0);

    void Note(string text);

    void Problem(string text);

    void Finish(LabResult result);
}

internal interface IStep : IDisposable
{
    void At(int done);

    /// <summary>What the step found, shown beside it.</summary>
    void Says(string text);
}
