namespace Calico.Bgp;

/// <summary>Work space of the lanes of a speaker, which run one after the other. Only a speaker at work holds some: an idle one holds none.</summary>
internal sealed class ExportScratch
{
    [ThreadStatic]
    private static Buffers? t_idle;
    private Buffers? _buffers;

    public OutputWriter Output { get; } = new();
    public byte[] Attributes { get; private set; } = [];
    public int[] Batch { get; private set; } = [];
    public int[] Next { get; private set; } = [];

    /// <summary>All zero between batches.</summary>
    public int[] HeadByAttributes { get; set; } = [];
    public List<int> Order { get; private set; } = [];

    /// <summary>Takes buffers that this thread has, or new ones.</summary>
    public void Borrow()
    {
        if (_buffers is not null) return;
        _buffers = t_idle ?? new Buffers();
        t_idle = null;
        (Attributes, Batch, Next, HeadByAttributes, Order) = (_buffers.Attributes, _buffers.Batch, _buffers.Next, _buffers.HeadByAttributes, _buffers.Order);
    }

    /// <summary>Leaves the buffers to the next speaker on this thread; after a fault they are dropped, because they may hold half a batch.</summary>
    public void Return(bool clean)
    {
        if (clean && _buffers is not null)
        {
            _buffers.HeadByAttributes = HeadByAttributes;
            t_idle = _buffers;
        }

        _buffers = null;
        (Attributes, Batch, Next, HeadByAttributes, Order) = ([], [], [], [], []);
    }

    private sealed class Buffers
    {
        public byte[] Attributes { get; } = new byte[160 * 1024];
        public int[] Batch { get; } = new int[8192];
        public int[] Next { get; } = new int[8192];
        public int[] HeadByAttributes { get; set; } = new int[1024];
        public List<int> Order { get; } = [];
    }
}
