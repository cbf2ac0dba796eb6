import type { Program } from '../process/os.ts';
import { extraByteCommands } from './bytes/index.ts';
import { program } from './command.ts';
import { getent } from './commands/getent.ts';
import { commands } from './commands/index.ts';
import { gnuTar } from './commands/tar.ts';
import { gnuCommands } from './gnu/index.ts';
import { shellProgram } from './interp/main.ts';

export { type Command, type CommandContext, CommandError, program } from './command.ts';
export { shellProgram } from './interp/main.ts';

/** Where full distributions keep what busybox has all in /bin. */
const SBIN = new Set(['ifconfig', 'ip', 'httpd']);

const all: Record<string, Program> = {};
for (const name of Object.keys(commands).sort()) all[name] = program(commands[name] as (typeof commands)[string]);

const gnu = Object.fromEntries(Object.entries(gnuCommands).map(([name, command]) => [name, program(command)]));

/** /bin with busybox's ash as sh and its commands. */
export function busyboxPrograms(): Record<string, Program> {
  const out: Record<string, Program> = { '/bin/sh': shellProgram('ash'), '/bin/ash': shellProgram('ash') };
  for (const name in all) out[`/bin/${name}`] = all[name] as Program;
  return out;
}

/** Debian and Ubuntu: dash as sh, bash, coreutils; the network tools, which their images lack, only when asked for. */
export function debianPrograms(
  options: { without?: readonly string[]; network?: boolean } = {},
): Record<string, Program> {
  const without = new Set([
    ...(options.network ? [] : [...NETWORK_TOOLS, ...extraByteCommands]),
    ...(options.without ?? []),
  ]);
  const out: Record<string, Program> = { '/bin/sh': shellProgram('dash'), '/bin/bash': shellProgram('bash') };
  const known = { ...all, ...gnu };
  for (const name in known) {
    if (!without.has(name)) out[`${SBIN.has(name) ? '/sbin' : '/usr/bin'}/${name}`] = known[name] as Program;
  }
  out['/usr/bin/getent'] = program(getent);
  if (!without.has('tar')) out['/usr/bin/tar'] = program(gnuTar);
  return out;
}

const NETWORK_TOOLS = [
  'dig',
  'host',
  'nc',
  'wget',
  'httpd',
  'nslookup',
  'ping',
  'netstat',
  'ifconfig',
  'ip',
  'telnet',
  'traceroute',
  'ss',
  'watch',
  'killall',
  'openssl',
  'arp',
  'route',
];

/** /etc files that every image has. */
export function baseFiles(osRelease: string): Record<string, string> {
  return {
    '/etc/passwd':
      'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
    '/etc/group': 'root:x:0:\ndaemon:x:1:\nnobody:x:65534:\n',
    '/etc/nsswitch.conf': 'hosts: files dns\n',
    '/etc/os-release': osRelease,
  };
}
