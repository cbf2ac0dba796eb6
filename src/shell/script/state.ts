import { splitDeclarations } from './arithmetic.ts';
import { parseScript, type ShellNode } from './ast.ts';

/** Variables that belong to one call, or that the interpreter keeps itself. */
const OWN =
  /^(_|PWD|OLDPWD|SHELLOPTS|BASHOPTS|OPTIND|IFS|PIPESTATUS|RANDOM|SECONDS|LINENO|BASH_\w+|BASH|FUNCNAME|HOSTTYPE|MACHTYPE|OSTYPE|UID|EUID|PPID|DIRSTACK|GROUPS)$/;

/**
 * Options that differ from a fresh shell's. errexit is not kept: it would have ended the shell, and the next call would stand in a
 * new one.
 */
const KEPT =
  /^(set -o (allexport|noclobber|noglob|nounset|pipefail|posix|verbose|xtrace)|shopt -s (?!globskipdots)\w+|shopt -u (globskipdots|expand_aliases))$/;

/** A line that no value can hold: control characters are quoted there. */
export const SECTION = '\u0001';

/** Splits `declare -p` output into declarations: values with newlines are quoted, so each is one line. */
function declarations(text: string): string[] {
  return text.split('\n').filter((line) => {
    const name = /^declare -\S+ ([A-Za-z_]\w*)/.exec(line)?.[1];
    return name !== undefined && !OWN.test(name);
  });
}

/** What one shell keeps from call to call beside its files. */
export class ShellState {
  cwd: string;
  variables: string[] = [];
  aliases: string[] = [];
  /** Aliases work as in a shell that somebody types into. */
  options: string[] = ['shopt -s expand_aliases'];
  positional: string[] = [];
  /** Names of the functions that exist. */
  functionNames: string[] = [];
  /** Definitions that were seen, newest last. */
  readonly functions = new Map<string, ShellNode>();
  /** EXIT traps and others, one table per shell that runs. */
  traps: Map<string, string>[] = [new Map()];
  /** Start of $SECONDS (epoch ms). */
  secondsFromMs: number;
  /** Exit code with which the running shell ends. */
  code = 0;
  leaving: number | undefined;
  /** Some call was saved, so that the variables here are all there are. */
  kept = false;
  /** The call's own ending ran. */
  saved = false;

  constructor(nowMs: number, cwd: string) {
    this.cwd = cwd;
    this.secondsFromMs = nowMs;
  }

  /** A new call: traps do not outlive the call that set them. */
  begin(): void {
    this.traps = [new Map()];
    this.saved = false;
    this.leaving = undefined;
  }

  /** `text` is what `declare -p`, `declare -F`, `alias`, `shopt -p` and `set +o` print, with {@link SECTION} between. */
  save(cwd: string, positional: string[], text: string): void {
    const [variables = '', functions = '', aliases = '', options = ''] = text.split(`${SECTION}\n`);
    this.cwd = cwd;
    this.positional = positional;
    this.kept = true;
    this.variables = declarations(variables);
    this.functionNames = functions.split('\n').flatMap((line) => /^declare -\S+ (\S+)$/.exec(line)?.[1] ?? []);
    this.aliases = aliases.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/^(?!alias )/, 'alias ')]));
    this.options = options.split('\n').filter((line) => KEPT.test(line));
  }

  /** Statements that bring the kept state back, to be run before a call's script. */
  restore(): ShellNode[] {
    const lines = [...this.variables, ...this.aliases];
    if (this.positional.length > 0) lines.push(`set -- ${this.positional.map(quote).join(' ')}`);
    const functions = this.functionNames.flatMap((name): ShellNode[] => {
      const definition = this.functions.get(name);
      return definition ? [definition] : [];
    });
    // options last: nounset or xtrace must not meet the restoring itself
    return [...statements(lines), ...functions.map(defining), ...statements(this.options)];
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function statements(lines: string[]): ShellNode[] {
  try {
    return parseScript(splitDeclarations(lines.join('\n'))).statements;
  } catch {
    // one value that cannot be read back must not take the others with it
    return lines.length > 1 ? lines.flatMap((line) => statements([line])) : [];
  }
}

function defining(command: ShellNode): ShellNode {
  const pipeline = { type: 'Pipeline', commands: [command], negated: false };
  return { type: 'Statement', pipelines: [pipeline], operators: [], background: false };
}

/** Takes what the ending does out of what `set -x` shows. */
export function withoutOwnTrace(stderr: string): string {
  const own =
    /^\++ (bash-(state|text|dynamic)\b.*|eval ''|echo \$'\\001'|echo .|declare -[pF]|alias|shopt -p|set \+o|exit \d+)\n/gm;
  const at = stderr.search(/^\++ bash-state (ending|leaving)/m);
  return at < 0 ? stderr : stderr.slice(0, at) + stderr.slice(at).replace(own, '');
}
