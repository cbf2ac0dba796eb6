import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit, UsageError } from '../errors.ts';
import { helpText } from '../help.ts';

const SHELLS = ['bash', 'fish', 'powershell', 'zsh'];

/** Its scripts are thousands of lines for a terminal that this shell does not have. */
async function complete(call: Call): Promise<void> {
  const [shell, ...rest] = call.args;
  if (shell === undefined) throw new UsageError('Shell not specified.');
  if (rest.length > 0) throw new UsageError('Too many arguments. Expected only the shell type.');
  if (!SHELLS.includes(shell)) throw new UsageError(`Unsupported shell type ${JSON.stringify(shell)}.`);
  throw new KubectlExit('error: kubectl completion is not supported in this shell: it has no terminal');
}

export const completion: Verb = {
  name: 'completion',
  flags: [],
  refused: 'this shell has no terminal',
  run: complete,
};

/** The global flags; words after it do not matter. */
export const options: Verb = {
  name: 'options',
  flags: [],
  run: async (call) => call.out(helpText('options', call.env.get('HOME'))!),
};

export const plugin: Verb = {
  name: 'plugin',
  flags: [],
  subcommands: [
    {
      name: 'list',
      flags: [{ name: 'name-only', type: 'bool' }],
      run: async () => {
        throw new KubectlError('unable to find any kubectl plugins in your PATH');
      },
    },
  ],
};

const kuberc = (name: string): Verb => ({
  name,
  flags: [],
  refused: 'preferences are not read',
  run: async () => {
    throw new KubectlExit(`error: kubectl alpha kuberc ${name} is not supported in this shell`);
  },
});

export const alpha: Verb = {
  name: 'alpha',
  flags: [],
  group: 'lenient',
  subcommands: [{ name: 'kuberc', flags: [], group: 'out', subcommands: [kuberc('set'), kuberc('view')] }],
};
