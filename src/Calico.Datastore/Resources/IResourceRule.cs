namespace Calico.Datastore;

/// <summary>What a kind demands of its objects: asked before every create, update and apply.</summary>
public interface IResourceRule
{
    /// <summary>Fills in what may be left out.</summary>
    void Default(Resource resource);

    /// <summary>Adds one problem for each rule that the object breaks.</summary>
    void Validate(Resource resource, ICollection<ResourceProblem> problems);

    /// <summary>Adds one problem for each rule that a change breaks which only the object before, or other objects, can tell.</summary>
    /// <param name="resources">The store the change is for.</param>
    /// <param name="before">The object as it is; null = it is to be created.</param>
    /// <param name="after">The object as it shall be; null = it is to be deleted.</param>
    /// <param name="problems">Where the problems go.</param>
    /// <param name="cancellationToken">Gives the check up.</param>
    ValueTask ValidateChangeAsync(ResourceStore resources, Resource? before, Resource? after, ICollection<ResourceProblem> problems, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
