using System.Runtime.InteropServices;
using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables.Interpreter;

/// <summary>64 bytes of registers, written as the kernel does: a value's last 4-byte word is filled up with zeros.</summary>
internal sealed class RegisterFile
{
    private readonly byte[] _bytes = new byte[64];

    public void Clear() => Array.Clear(_bytes);

    public ReadOnlySpan<byte> Read(NftRegister register, int length) => _bytes.AsSpan(Offset(register), length);

    public Span<byte> Write(NftRegister register, int length)
    {
        int padded = NftType.PaddedLength(length);
        Span<byte> whole = _bytes.AsSpan(Offset(register), padded);
        whole[length..].Clear();
        return whole[..length];
    }

    public bool Store(NftRegister register, ReadOnlySpan<byte> value)
    {
        value.CopyTo(Write(register, value.Length));
        return true;
    }

    public bool Store(NftRegister register, uint hostOrder)
    {
        MemoryMarshal.Write(Write(register, 4), hostOrder);
        return true;
    }

    public bool Store(NftRegister register, ushort hostOrder)
    {
        MemoryMarshal.Write(Write(register, 2), hostOrder);
        return true;
    }

    public bool Store(NftRegister register, ulong hostOrder)
    {
        MemoryMarshal.Write(Write(register, 8), hostOrder);
        return true;
    }

    public bool Store(NftRegister register, byte value)
    {
        Write(register, 1)[0] = value;
        return true;
    }

    public uint ReadUInt32(NftRegister register) => MemoryMarshal.Read<uint>(Read(register, 4));

    private static int Offset(NftRegister register)
    {
        int word = NftRegisters.ToWord(register);
        return word >= 0 ? word * 4 : throw new NftInterpreterException($"Register {(uint)register} holds no data.");
    }
}

/// <summary>A ruleset that cannot be interpreted: it names what is not there, or an expression is not known.</summary>
public sealed class NftInterpreterException : Exception
{
    /// <summary>An error with text.</summary>
    /// <param name="message">The text.</param>
    public NftInterpreterException(string message)
        : base(message)
    {
    }

    /// <summary>An error with text and a cause.</summary>
    /// <param name="message">The text.</param>
    /// <param name="innerException">The cause.</param>
    public NftInterpreterException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>An error without text.</summary>
    public NftInterpreterException()
    {
    }
}
