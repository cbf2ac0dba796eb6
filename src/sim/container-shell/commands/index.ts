import type { Command } from '../command.ts';
import { fileCommands } from './files.ts';
import { processCommands } from './process.ts';

/** All core commands by name. */
export const commands: Record<string, Command> = {
  ...fileCommands,
  ...processCommands,
};
