// Commands that are there as long as the component that offers them.
import { keys, type Command } from "./keys";

/** To be called in a component's script. */
export const useCommands = (commands: () => Command[]) => {
  $effect(() => keys.register(commands));
};
