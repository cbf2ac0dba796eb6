// Writes docs/kubectl.md: what the shell's kubectl carries out, and where it differs from the real one. `--check` only says whether it is up to date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Verb } from '../src/shell/kubectl/context.ts';
import { helpFlags, helpText } from '../src/shell/kubectl/help.ts';
import { flagsOf } from '../src/shell/kubectl/index.ts';
import { verbs } from '../src/shell/kubectl/verbs/index.ts';
import { corpora } from '../test/real-clients/kubectl/index.ts';
import { accepted } from '../test/real-clients/lib/accepted.ts';

const PAGE = 'docs/kubectl.md';

const commands = corpora.map(({ name, steps }) => ({
  name: name.replace('kubectl ', ''),
  lines: steps.map((step) => (typeof step === 'string' ? step : step.run)),
}));

function coverage(): string {
  const differs = (line: string): boolean => accepted.some(({ command }) => command.test(line));
  const rows = commands.map(
    ({ name, lines }) => `| ${name} | ${lines.length} | ${lines.filter((line) => !differs(line)).length} |`,
  );
  const all = commands.flatMap(({ lines }) => lines);
  const equal = all.filter((line) => !differs(line)).length;
  const share = ((equal / all.length) * 100).toFixed(1);
  return `| suite | commands | equal |\n|---|---|---|\n${rows.join('\n')}\n| **all** | **${all.length}** | **${equal} (${share} %)** |\n`;
}

function differences(): string {
  const all = commands.flatMap(({ lines }) => lines);
  return accepted
    .map(({ command, reason }) => ({ reason, lines: all.filter((line) => command.test(line)) }))
    .filter(({ lines }) => lines.length > 0)
    .map(({ reason, lines }) => `- ${reason}:\n${lines.map((line) => `  - \`${line}\`\n`).join('')}`)
    .join('');
}

const code = (names: string[]): string => names.map((name) => `\`--${name}\``).join(' ');

/** One row for each command that the real help knows, groups before what is in them. */
function rows(list: Verb[], path: string): string[] {
  return list.flatMap((verb) => {
    const command = `${path} ${verb.name}`;
    const own = new Set(helpFlags(command).map(({ name }) => name));
    const flags = flagsOf(verb, command).filter(({ name }) => own.has(name));
    const state = verb.refused ? `no: ${verb.refused}` : verb.run ? 'yes' : 'group';
    const done = verb.refused ? [] : flags.filter(({ unsupported }) => !unsupported).map(({ name }) => name);
    const missing = flags.map(({ name }) => name).filter((name) => !done.includes(name));
    const row = `| \`${command.replace('kubectl ', '')}\` | ${state} | ${code(done)} | ${code(missing)} |`;
    return [row, ...rows(verb.subcommands ?? [], command)];
  });
}

/** Names that the real help lists and no verb here has. */
function absent(list: Verb[], path: string): string[] {
  const listed = [...(helpText(path) ?? '').matchAll(/^ {2}([a-z][\w-]*) {2,}\S/gm)].map(([, name]) => name!);
  const missing = listed
    .filter((name) => helpText(`${path} ${name}`) !== undefined && !list.some((verb) => verb.name === name))
    .map((name) => `${path} ${name}`);
  return [...missing, ...list.flatMap((verb) => absent(verb.subcommands ?? [], `${path} ${verb.name}`))];
}

export function kubectlPage(): string {
  const missing = absent(verbs, 'kubectl');
  return `# The shell's kubectl beside the real one

Written by \`npx tsx scripts/kubectl-page.ts\`; a test keeps it up to date.

## Compared

The commands of \`test/real-clients/kubectl\` run with kubectl 1.35 over HTTP and in the agent's shell, on one cluster where they change nothing and on two of
one seed where they do. Standard output, standard error and exit code must be the same, but for what is drawn or told by the clock (\`lib/normalise.ts\`).

${coverage()}
### Differences

${differences()}
## Commands and flags

From the help texts of the real kubectl 1.35. A flag that is not carried out is refused when used; flags of every command (\`kubectl options\`) that name another
server, user or identity are refused, because one shell speaks to one cluster as one user.
${missing.length > 0 ? `\nNot known at all: ${missing.map((name) => `\`${name}\``).join(', ')}.\n` : ''}
| command | carried out | flags | flags that are refused |
|---|---|---|---|
${rows(verbs, 'kubectl').join('\n')}
`;
}

if (process.argv[1]?.endsWith('kubectl-page.ts')) {
  mkdirSync('docs', { recursive: true });
  const page = kubectlPage();
  if (process.argv.includes('--check')) {
    if (readFileSync(PAGE, 'utf8') !== page) throw new Error(`${PAGE} is out of date: npx tsx scripts/kubectl-page.ts`);
  } else writeFileSync(PAGE, page);
  console.log(`${PAGE}: ${page.split('\n').length} lines`);
}
