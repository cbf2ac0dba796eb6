// Reads the help texts of a real kubectl, all commands and their subcommands, into src/shell/kubectl/help.data.json.
// Without an argument the kubectl that the tests compare with is asked.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { clientFolder } from '../test/real-clients/lib/binaries.ts';

const HOME = '/home/reader';
const binary = process.argv[2] ?? `${clientFolder()}/kubectl`;

function kubectl(...args: string[]): string {
  const text = execFileSync(binary, args, { encoding: 'utf8', env: { HOME, PATH: '/nonexistent' } });
  return text.replaceAll(HOME, '<home>');
}

/** The names in the lists of commands of a help text. */
function subcommands(help: string): string[] {
  const lists = help.split(/^(?:Available Commands|Basic Commands \(\w+\)|[A-Z][\w ]+ Commands):\n/m).slice(1);
  return lists.flatMap((list) => [...list.split('\n\n')[0]!.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name!));
}

const commands: Record<string, string> = {};
function read(path: string[]): void {
  const help = kubectl(...path, '--help');
  commands[path.join(' ')] = help;
  for (const name of subcommands(help)) read([...path, name]);
}
read([]);
// cobra's own command stands in no list
commands['options'] = kubectl('options');
commands['help'] = kubectl('help', '--help');

const out = 'src/shell/kubectl/help.data.json';
writeFileSync(out, `${JSON.stringify(commands, null, 1)}\n`);
console.log(`${out}: ${Object.keys(commands).length} commands`);
