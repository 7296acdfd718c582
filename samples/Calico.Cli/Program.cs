using Calico.Cli;

return CalicoCommand.Run(args, Console.Out, Console.Error);
