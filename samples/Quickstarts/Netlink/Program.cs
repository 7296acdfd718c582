using Quickstart;

Func<Task>? program = args switch
{
    ["routes"] => ListRoutes.RunAsync,
    ["veth"] => MakeVethPair.RunAsync,
    ["table"] => MakeTable.RunAsync,
    _ => null,
};
if (program is null)
{
    Console.Error.WriteLine("usage: Quickstart.Netlink routes|veth|table   (veth and table change the namespace they run in: try `sudo unshare -n`)");
    return 2;
}

await program();
return 0;
