using System.Security.Cryptography;

namespace Calico.Ipam.Blocks;

/// <summary>
/// How sequence numbers move. Calico counts by one. Where a reply can be lost, numbers jump at random instead, so that a writer who reads a block again
/// can tell its own assignment from an equal one of somebody else: two writers that started from the same block never give out the same number.
/// </summary>
internal sealed class SequenceStep
{
    private const int MaxJump = 1 << 24;
    private readonly Func<int>? _jump;

    private SequenceStep(Func<int>? jump) => _jump = jump;

    public static SequenceStep One { get; } = new(null);

    public static SequenceStep Random { get; } = new(static () => RandomNumberGenerator.GetInt32(1, MaxJump));

    public void BeforeAssign(IpamBlock block)
    {
        if (_jump is not null) block.SequenceNumber += (ulong)_jump();
    }

    public static void Written(IpamBlock block) => block.SequenceNumber++;
}
