import { gnuByteCommands } from '../bytes/index.ts';
import type { Command } from '../command.ts';
import { columnCommands } from './columns.ts';
import { dnsCommands } from './dns.ts';
import { fileCommands } from './files.ts';
import { findCommands } from './find.ts';
import { grepCommands } from './grep.ts';
import { lineCommands } from './lines.ts';
import { lsCommands } from './ls.ts';
import { machineCommands } from './machine.ts';
import { processCommands } from './process.ts';
import { sortCommands } from './sort.ts';

/** Commands of full distributions, in the words of GNU's programs; they stand in for busybox's of the same name. */
export const gnuCommands: Record<string, Command> = {
  ...columnCommands,
  ...gnuByteCommands,
  ...dnsCommands,
  ...fileCommands,
  ...findCommands,
  ...grepCommands,
  ...lineCommands,
  ...lsCommands,
  ...machineCommands,
  ...processCommands,
  ...sortCommands,
};
