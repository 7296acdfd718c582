namespace Calico.Datastore;

/// <summary>What a kind demands of its objects: asked before every create, update and apply.</summary>
public interface IResourceRule
{
    /// <summary>Fills in what may be left out.</summary>
    void Default(Resource resource);

    /// <summary>Adds one problem for each rule that the object breaks.</summary>
    void Validate(Resource resource, ICollection<ResourceProblem> problems);
}
