using Calico.Netlink.NfTables.Expressions;

namespace Calico.Netlink.NfTables;

/// <summary>A value that a packet or its connection has, to be matched, looked up or assigned: nft's left-hand sides. Immutable.</summary>
public abstract class NftField
{
    private protected NftField(NftType type) => Type = type;

    /// <summary>The type of the value.</summary>
    public NftType Type { get; }

    internal virtual LearnedProtocol Learned => LearnedProtocol.Nothing;

    /// <summary>Emits the guards without which the value would mean nothing.</summary>
    internal virtual void Guard(RuleCompiler compiler)
    {
    }

    /// <summary>Emits the load of the value into the registers from a 4-byte word on.</summary>
    internal abstract void Load(RuleCompiler compiler, int word);

    /// <summary>Emits the load of a value's first bytes, where only those are compared.</summary>
    internal virtual bool TryLoadPrefix(RuleCompiler compiler, int bytes) => false;

    internal void LoadGuarded(RuleCompiler compiler, int word = 0)
    {
        Guard(compiler);
        Load(compiler, word);
    }

    /// <summary>Two or more fields as one key, as <c>ip saddr . tcp dport</c>.</summary>
    /// <param name="fields">The fields, at most five.</param>
    /// <returns>The key.</returns>
    /// <exception cref="ArgumentException">There are no fields, more than five, or they are longer than 64 bytes together.</exception>
    public static NftField Concat(params ReadOnlySpan<NftField> fields) => new ConcatField([.. fields]);

    /// <summary>Equal to a value.</summary>
    /// <param name="value">The value, as long as the type.</param>
    /// <returns>The match.</returns>
    public NftStatement Is(NftValue value) => Compare(NftCompare.Equal, Checked(value));

    /// <summary>Not equal to a value.</summary>
    /// <param name="value">The value, as long as the type.</param>
    /// <returns>The match.</returns>
    public NftStatement IsNot(NftValue value) => Compare(NftCompare.NotEqual, Checked(value));

    /// <summary>Compared with a value, byte by byte.</summary>
    /// <param name="operation">How.</param>
    /// <param name="value">The value, as long as the type.</param>
    /// <returns>The match.</returns>
    public NftStatement Compare(NftCompare operation, NftValue value) => new ActionStatement(c =>
    {
        Guard(c);
        Load(c, 0);
        c.Emit(new CmpExpression(NftRegister.R1, operation, value));
        if (operation == NftCompare.Equal) c.Learn(this, value);
    });

    /// <summary>One of several values: an anonymous set.</summary>
    /// <param name="values">The values; one alone is compared without a set.</param>
    /// <returns>The match.</returns>
    /// <exception cref="ArgumentException">There are no values, or one is not as long as the type.</exception>
    public NftStatement IsAnyOf(params ReadOnlySpan<NftValue> values)
    {
        if (values.IsEmpty) throw new ArgumentException("A match with no values never matches: leave the rule out.", nameof(values));
        if (values.Length == 1) return Is(values[0]);
        List<NftElement> elements = new(values.Length);
        foreach (NftValue value in values) elements.Add(new NftElement(Checked(value)));
        return InAnonymous(elements, inverted: false);
    }

    /// <summary>One of several values or ranges: an anonymous set.</summary>
    /// <param name="elements">The values and ranges.</param>
    /// <param name="inverted">None of them, instead.</param>
    /// <returns>The match.</returns>
    /// <exception cref="ArgumentException">There are none.</exception>
    public NftStatement InAnonymous(IEnumerable<NftElement> elements, bool inverted = false)
    {
        NftSet set = AnonymousSet.Make(Type, null, elements);
        return new ActionStatement(c =>
        {
            LoadGuarded(c);
            c.Emit(new LookupExpression(set.Name, NftRegister.R1, null, inverted) { Anonymous = set });
        });
    }

    /// <summary>Between two values, inclusive.</summary>
    /// <param name="first">The first value.</param>
    /// <param name="last">The last value.</param>
    /// <returns>The match.</returns>
    /// <remarks>Values that the machine keeps in its own order are turned first, as nft does: comparisons go byte by byte.</remarks>
    public NftStatement Between(NftValue first, NftValue last) => new ActionStatement(c =>
    {
        LoadGuarded(c);
        bool turned = TurnToNetworkOrder(c);
        c.Emit(new CmpExpression(NftRegister.R1, NftCompare.GreaterOrEqual, Turned(first, turned)));
        c.Emit(new CmpExpression(NftRegister.R1, NftCompare.LessOrEqual, Turned(last, turned)));
    });

    /// <summary>Not between two values, inclusive.</summary>
    /// <param name="first">The first value.</param>
    /// <param name="last">The last value.</param>
    /// <returns>The match.</returns>
    public NftStatement NotBetween(NftValue first, NftValue last) => new ActionStatement(c =>
    {
        LoadGuarded(c);
        bool turned = TurnToNetworkOrder(c);
        c.Emit(new RangeExpression(NftRegister.R1, Turned(first, turned), Turned(last, turned), Outside: true));
    });

    /// <summary>Some bits equal to a value: <c>field &amp; mask == value</c>.</summary>
    /// <param name="mask">The mask, as long as the type.</param>
    /// <param name="value">The value, as long as the type.</param>
    /// <param name="inverted">Not equal, instead.</param>
    /// <returns>The match.</returns>
    public NftStatement HasBits(NftValue mask, NftValue value, bool inverted = false) => new ActionStatement(c =>
    {
        LoadGuarded(c);
        c.Emit(new BitwiseExpression(NftRegister.R1, NftRegister.R1, Checked(mask), Zero(mask.Length)));
        c.Emit(new CmpExpression(NftRegister.R1, inverted ? NftCompare.NotEqual : NftCompare.Equal, Checked(value)));
    });

    /// <summary>Any of some bits set: <c>field &amp; mask != 0</c>.</summary>
    /// <param name="mask">The mask, as long as the type.</param>
    /// <returns>The match.</returns>
    public NftStatement HasAnyBit(NftValue mask) => new ActionStatement(c =>
    {
        LoadGuarded(c);
        c.Emit(new BitwiseExpression(NftRegister.R1, NftRegister.R1, Checked(mask), Zero(mask.Length)) { ImplicitOperation = true });
        c.Emit(new CmpExpression(NftRegister.R1, NftCompare.NotEqual, Zero(mask.Length)));
    });

    /// <summary>In a named set of the table.</summary>
    /// <param name="set">The set's name.</param>
    /// <returns>The match.</returns>
    public NftStatement In(string set) => InSet(set, inverted: false);

    /// <summary>Not in a named set of the table.</summary>
    /// <param name="set">The set's name.</param>
    /// <returns>The match.</returns>
    public NftStatement NotIn(string set) => InSet(set, inverted: true);

    /// <summary>The verdict a named map has: <c>field vmap @map</c>. What is not there goes on.</summary>
    /// <param name="map">The map's name.</param>
    /// <returns>The statement.</returns>
    public NftStatement Verdict(string map) => new ActionStatement(c =>
    {
        LoadGuarded(c);
        c.Emit(new LookupExpression(map, NftRegister.R1, NftRegister.Verdict));
    });

    /// <summary>The verdict an anonymous map has: <c>field vmap { … }</c>. What is not there goes on.</summary>
    /// <param name="elements">Values or ranges and their verdicts.</param>
    /// <returns>The statement.</returns>
    /// <exception cref="ArgumentException">There are none.</exception>
    public NftStatement Verdict(params ReadOnlySpan<NftElement> elements)
    {
        NftSet map = AnonymousSet.Make(Type, NftType.Verdict, elements.ToArray());
        return new ActionStatement(c =>
        {
            LoadGuarded(c);
            c.Emit(new LookupExpression(map.Name, NftRegister.R1, NftRegister.Verdict) { Anonymous = map });
        });
    }

    /// <summary>What a named map has for this field: <c>field map @map</c>. The rule breaks for what is not there.</summary>
    /// <param name="map">The map's name.</param>
    /// <param name="dataType">The type of the map's data.</param>
    /// <returns>A field, to be assigned or looked up further.</returns>
    public NftField Map(string map, NftType dataType) => new MapField(this, map, null, dataType);

    /// <summary>What an anonymous map has for this field: <c>field map { … }</c>. The rule breaks for what is not there.</summary>
    /// <param name="dataType">The type of the map's data.</param>
    /// <param name="elements">Values or ranges and their data.</param>
    /// <returns>A field, to be assigned or looked up further.</returns>
    /// <exception cref="ArgumentException">There are no elements.</exception>
    public NftField Map(NftType dataType, params ReadOnlySpan<NftElement> elements)
    {
        NftSet map = AnonymousSet.Make(Type, dataType, elements.ToArray());
        return new MapField(this, map.Name, map, dataType);
    }

    /// <summary>Some bits of this field changed: <c>(field &amp; mask) ^ xor</c>.</summary>
    /// <param name="mask">The mask, as long as the type.</param>
    /// <param name="xor">What is XORed, as long as the type.</param>
    /// <returns>The field.</returns>
    public NftField Bits(NftValue mask, NftValue xor) => new BitwiseField(this, Checked(mask), Checked(xor));

    internal static NftValue Zero(int length) => new(stackalloc byte[length]);

    internal NftValue Checked(NftValue value) =>
        value.Length == Type.Length ? value : throw new ArgumentException($"A value of type {Type} has {Type.Length} bytes, not {value.Length}.", nameof(value));

    private ActionStatement InSet(string set, bool inverted) => new(c =>
    {
        LoadGuarded(c);
        c.Emit(new LookupExpression(set, NftRegister.R1, null, inverted));
    });

    private bool TurnToNetworkOrder(RuleCompiler compiler)
    {
        if (!BitConverter.IsLittleEndian || Type.ByteOrder != NftByteOrder.Host || Type.Length is not (2 or 4 or 8)) return false;
        compiler.Emit(new ByteorderExpression(NftRegister.R1, NftRegister.R1, ToNetwork: true, (uint)Type.Length, (uint)Type.Length));
        return true;
    }

    private static NftValue Turned(NftValue value, bool turned)
    {
        if (!turned) return value;
        Span<byte> bytes = stackalloc byte[value.Length];
        value.Span.CopyTo(bytes);
        bytes.Reverse();
        return new NftValue(bytes);
    }
}
