import { gnuByteCommands } from '../bytes/index.ts';
import type { Command } from '../command.ts';
import { opensslCommands } from '../openssl/index.ts';
import { columnCommands } from './columns.ts';
import { dfCommands } from './df.ts';
import { dnsCommands } from './dns.ts';
import { echoCommands } from './echo.ts';
import { fileCommands } from './files.ts';
import { findCommands } from './find.ts';
import { grepCommands } from './grep.ts';
import { interfaceCommands } from './interfaces.ts';
import { lineCommands } from './lines.ts';
import { lsCommands } from './ls.ts';
import { machineCommands } from './machine.ts';
import { processCommands } from './process.ts';
import { sortCommands } from './sort.ts';

/** Commands of full distributions, in the words of GNU's programs; they stand in for busybox's of the same name. */
export const gnuCommands: Record<string, Command> = {
  ...columnCommands,
  ...gnuByteCommands,
  ...dfCommands,
  ...dnsCommands,
  ...echoCommands,
  ...fileCommands,
  ...findCommands,
  ...grepCommands,
  ...interfaceCommands,
  ...lineCommands,
  ...lsCommands,
  ...machineCommands,
  ...opensslCommands,
  ...processCommands,
  ...sortCommands,
};
