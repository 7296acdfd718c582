namespace Calico.Ipam.Engine;

/// <summary>A document as it was read, with the revision to compare when it is written.</summary>
internal readonly record struct Versioned<T>(T Document, long Revision);
