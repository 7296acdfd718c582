using Spectre.Console;

namespace Calico.Cli;

/// <summary>Where output goes: colours and the terminal's width when there is one, plain wide lines when piped.</summary>
internal sealed class Terminal
{
    private const int PipedWidth = 400;

    public Terminal(TextWriter output, TextWriter error)
    {
        Out = output;
        Rich = Create(output, output == Console.Out && !Console.IsOutputRedirected);
        RichError = Create(error, error == Console.Error && !Console.IsErrorRedirected);
    }

    /// <summary>Plain text, for machines.</summary>
    public TextWriter Out { get; }

    /// <summary>For people.</summary>
    public IAnsiConsole Rich { get; }

    /// <summary>For people, about what went wrong.</summary>
    public IAnsiConsole RichError { get; }

    public int Fail(string message)
    {
        RichError.MarkupLineInterpolated($"[red]error:[/] {message}");
        return ExitCode.Usage;
    }

    private static IAnsiConsole Create(TextWriter writer, bool isTerminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        if (!isTerminal) console.Profile.Width = PipedWidth;
        return console;
    }
}

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The question was understood and the answer is no: errors in manifests, a probe that disagrees, a difference.</summary>
    public const int Negative = 1;

    /// <summary>The question was not understood.</summary>
    public const int Usage = 2;
}
