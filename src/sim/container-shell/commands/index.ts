import { busyboxByteCommands } from '../bytes/index.ts';
import type { Command } from '../command.ts';
import { awkCommands } from './awk.ts';
import { fileCommands } from './files.ts';
import { headTailCommands } from './head-tail.ts';
import { httpdCommands } from './httpd.ts';
import { networkCommands } from './network.ts';
import { nslookupCommands } from './nslookup.ts';
import { processCommands } from './process.ts';
import { sedCommands } from './sed.ts';
import { systemCommands } from './system.ts';
import { tarCommands } from './tar.ts';
import { terminalCommands } from './terminal.ts';
import { textCommands } from './text.ts';
import { wgetCommands } from './wget.ts';

/** All core commands by name. */
export const commands: Record<string, Command> = {
  ...awkCommands,
  ...busyboxByteCommands,
  ...fileCommands,
  ...headTailCommands,
  ...httpdCommands,
  ...networkCommands,
  ...nslookupCommands,
  ...processCommands,
  ...sedCommands,
  ...systemCommands,
  ...tarCommands,
  ...terminalCommands,
  ...textCommands,
  ...wgetCommands,
};
