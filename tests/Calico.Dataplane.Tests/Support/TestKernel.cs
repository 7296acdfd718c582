using System.Buffers.Binary;
using System.Net;
using System.Text;
using Calico.Netlink.NfTables;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Dataplane.Tests.Support;

/// <summary>A packet on its way through one node's hooks.</summary>
internal sealed class TestPacket
{
    public required IPAddress Source { get; init; }
    public required IPAddress Destination { get; set; }
    public required byte Protocol { get; init; }
    public ushort SourcePort { get; init; }
    public ushort DestinationPort { get; set; }
    public byte IcmpType { get; init; }
    public byte IcmpCode { get; init; }
    public uint CtState { get; set; } = 8;
    public uint CtStatus { get; set; }
    public uint Mark { get; set; }
    public string Input { get; set; } = "";
    public string Output { get; set; } = "";
    public List<string> Trace { get; } = [];
    public bool IsV6 => Source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
    public TestPacket Clone() => (TestPacket)MemberwiseClone();
}

/// <summary>
/// Runs packets through a table as the kernel does, for the expressions our rulesets are made of. Plain on purpose: registers are 64 bytes,
/// sets are searched from the first element to the last.
/// </summary>
internal sealed class TestKernel(NftTable table)
{
    private readonly Dictionary<string, NftChain> _chains = table.Chains.ToDictionary(c => c.Name);
    private readonly Dictionary<string, Lookup> _sets = table.Sets.ToDictionary(s => s.Name, s => new Lookup(s));

    /// <returns>False when a chain of the hook dropped the packet.</returns>
    public bool Run(NftHook hook, TestPacket packet, int above = int.MinValue, int below = int.MaxValue)
    {
        foreach (NftChain chain in table.Chains.Where(c => c.Base?.Hook == hook && c.Base.Priority >= above && c.Base.Priority < below && c.Base.Type != "nat").OrderBy(c => c.Base!.Priority))
        {
            NftVerdictCode verdict = Walk(chain, packet, 0);
            if (verdict == NftVerdictCode.Drop) return false;
        }

        return true;
    }

    // Accept and Drop are final; Continue means the end of the chain was reached.
    private NftVerdictCode Walk(NftChain chain, TestPacket packet, int depth)
    {
        Assert.True(depth < 16, "jump stack");
        foreach (NftRule rule in chain.Rules)
        {
            NftVerdict verdict = new Registers(this, packet).Execute(rule);
            if (verdict.Code is NftVerdictCode.Continue or NftVerdictCode.Break) continue;
            packet.Trace.Add($"{chain.Name}: {rule.Comment} {verdict}");
            switch (verdict.Code)
            {
                case NftVerdictCode.Return: return NftVerdictCode.Continue;
                case NftVerdictCode.Goto: return Walk(_chains[verdict.Chain!], packet, depth);
                case NftVerdictCode.Jump:
                    NftVerdictCode below = Walk(_chains[verdict.Chain!], packet, depth + 1);
                    if (below != NftVerdictCode.Continue) return below;
                    break;
                default: return verdict.Code;
            }
        }

        return NftVerdictCode.Continue;
    }

    private sealed class Registers(TestKernel kernel, TestPacket packet)
    {
        private readonly byte[] _bytes = new byte[64];

        public NftVerdict Execute(NftRule rule)
        {
            foreach (NftExpression expression in rule.Expressions)
            {
                NftVerdict? verdict = Execute(expression);
                if (verdict is { Code: not NftVerdictCode.Continue } decided) return decided;
            }

            return NftVerdict.Continue;
        }

        private static readonly NftVerdict Break = new(NftVerdictCode.Break);

        private Span<byte> At(NftRegister register) => _bytes.AsSpan(NftRegisters.ToWord(register) * 4);

        private NftVerdict? Execute(NftExpression expression)
        {
            switch (expression)
            {
                case CounterExpression or LogExpression: return null;
                case MetaExpression e:
                    Store(e.Destination, Meta(e.Key));
                    return null;
                case MetaSetExpression { Key: NftMetaKey.Mark } e:
                    packet.Mark = BitConverter.ToUInt32(At(e.Source));
                    return null;
                case CtExpression { Key: NftCtKey.State } e:
                    Store(e.Destination, BitConverter.GetBytes(packet.CtState));
                    return null;
                case CtExpression { Key: NftCtKey.Status } e:
                    Store(e.Destination, BitConverter.GetBytes(packet.CtStatus));
                    return null;
                case PayloadExpression e:
                    byte[] header = e.Base == NftPayloadBase.Network ? NetworkHeader() : TransportHeader();
                    if (e.Offset + e.Length > header.Length) return Break;
                    Store(e.Destination, header.AsSpan((int)e.Offset, (int)e.Length));
                    return null;
                case CmpExpression e:
                    int order = At(e.Source)[..e.Value.Length].SequenceCompareTo(e.Value.Span);
                    bool holds = e.Operation switch
                    {
                        NftCompare.Equal => order == 0,
                        NftCompare.NotEqual => order != 0,
                        NftCompare.Less => order < 0,
                        NftCompare.LessOrEqual => order <= 0,
                        NftCompare.Greater => order > 0,
                        _ => order >= 0,
                    };
                    return holds ? null : Break;
                case RangeExpression e:
                    ReadOnlySpan<byte> value = At(e.Source)[..e.From.Length];
                    bool inside = value.SequenceCompareTo(e.From.Span) >= 0 && value.SequenceCompareTo(e.To.Span) <= 0;
                    return inside != e.Outside ? null : Break;
                case BitwiseExpression e:
                    byte[] bits = At(e.Source)[..e.Mask.Length].ToArray();
                    for (int i = 0; i < bits.Length; i++) bits[i] = (byte)(bits[i] & e.Mask.Span[i] ^ e.Xor.Span[i]);
                    Store(e.Destination, bits);
                    return null;
                case VerdictExpression e: return e.Verdict;
                case ImmediateExpression e:
                    Store(e.Destination, e.Value.Span);
                    return null;
                case NotrackExpression:
                    packet.CtState = 64;
                    return null;
                case RejectExpression: return NftVerdict.Drop;
                case LookupExpression e:
                    Lookup set = e.Anonymous is { } anonymous ? new Lookup(anonymous) : kernel._sets[e.Set];
                    NftElement? found = set.Find(At(e.Source)[..set.KeyLength]);
                    if (e.Destination is null) return found.HasValue != e.Inverted ? null : Break;
                    if (e.Destination is { } register && register != NftRegister.Verdict)
                    {
                        if (found is null) return Break;
                        Store(register, found.Value.Data.Span);
                        return null;
                    }

                    return found?.Verdict ?? Break;
                default: throw new NotSupportedException($"The test kernel does not run {expression}.");
            }
        }

        private void Store(NftRegister register, ReadOnlySpan<byte> value)
        {
            Span<byte> target = At(register);
            target[..Math.Min(target.Length, (value.Length + 3) & ~3)].Clear();
            value.CopyTo(target);
        }

        private byte[] Meta(NftMetaKey key) => key switch
        {
            NftMetaKey.NfProto => [packet.IsV6 ? (byte)10 : (byte)2],
            NftMetaKey.L4Protocol => [packet.Protocol],
            NftMetaKey.Mark => BitConverter.GetBytes(packet.Mark),
            NftMetaKey.InputInterfaceName => Name(packet.Input),
            NftMetaKey.OutputInterfaceName => Name(packet.Output),
            NftMetaKey.InputInterface => BitConverter.GetBytes(packet.Input.Length == 0 ? 0 : 7),
            _ => throw new NotSupportedException($"The test kernel has no meta {key}."),
        };

        private static byte[] Name(string name)
        {
            byte[] bytes = new byte[16];
            Encoding.ASCII.GetBytes(name, bytes);
            return bytes;
        }

        private byte[] NetworkHeader()
        {
            byte[] header = new byte[packet.IsV6 ? 40 : 20];
            packet.Source.TryWriteBytes(header.AsSpan(packet.IsV6 ? 8 : 12), out _);
            packet.Destination.TryWriteBytes(header.AsSpan(packet.IsV6 ? 24 : 16), out _);
            return header;
        }

        private byte[] TransportHeader()
        {
            byte[] header = new byte[8];
            if (packet.Protocol is 6 or 17 or 132 or 136)
            {
                BinaryPrimitives.WriteUInt16BigEndian(header, packet.SourcePort);
                BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), packet.DestinationPort);
            }
            else (header[0], header[1]) = (packet.IcmpType, packet.IcmpCode);

            return header;
        }
    }

    private sealed class Lookup
    {
        private readonly Dictionary<NftValue, NftElement> _keys = [];
        private readonly List<NftElement> _ranges = [];

        public Lookup(NftSet set)
        {
            KeyLength = set.KeyType.Length;
            foreach (NftElement element in set.Elements)
            {
                if (element.IsRange) _ranges.Add(element);
                else Assert.True(_keys.TryAdd(element.Key, element), $"key twice in {set.Name}");
            }

            NftElement[] sorted = [.. set.Elements.OrderBy(e => e.Key)];
            for (int i = 1; i < sorted.Length; i++)
                Assert.True((sorted[i - 1].IsRange ? sorted[i - 1].KeyEnd : sorted[i - 1].Key) < sorted[i].Key, $"ranges of {set.Name} overlap, as no kernel allows");
        }

        public int KeyLength { get; }

        public NftElement? Find(ReadOnlySpan<byte> key)
        {
            NftValue value = new(key);
            if (_keys.TryGetValue(value, out NftElement element)) return element;
            foreach (NftElement range in _ranges)
            {
                if (value >= range.Key && value <= range.KeyEnd) return range;
            }

            return null;
        }
    }
}
