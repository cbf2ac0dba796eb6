// Records the help of every command of the real helm: npx tsx test/unit/helm/record-help.ts PATH_TO_HELM
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [helm = 'helm'] = process.argv.slice(2);
/** Stands for the home folder in the defaults of flags. */
const HOME = '/~';
const GLOBAL = /\nGlobal Flags:\n(?: .*\n)*/;

function helpOf(path: readonly string[]): string {
  return spawnSync(helm, [...path, '--help'], { encoding: 'utf8', env: { HOME } }).stdout;
}

const commands: Record<string, string> = {};
let globalFlags = '';

function visit(path: readonly string[]): void {
  const text = helpOf(path);
  globalFlags ||= GLOBAL.exec(text)?.[0] ?? '';
  commands[path.join(' ')] = text.replace(GLOBAL, '\n@global\n');
  const list = /\nAvailable Commands:\n((?: .*\n)*)/.exec(text)?.[1] ?? '';
  for (const [, name = ''] of list.matchAll(/^ {2}(\S+)/gm)) {
    if (name !== 'help' && path[0] !== 'completion') visit([...path, name]);
  }
}

visit([]);
const target = new URL('../../../src/shell/commands/helm/help.data.json', import.meta.url);
writeFileSync(fileURLToPath(target), `${JSON.stringify({ globalFlags, commands }, null, 1)}\n`);
