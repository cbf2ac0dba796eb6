import { baseFiles, debianPrograms } from '../../sim/container-shell/index.ts';
import type { Program } from '../../sim/process/os.ts';
import { advice } from '../commands/advice.ts';
import { archiveCommands } from '../commands/archive.ts';
import type { CommandBody } from '../commands/command.ts';
import { curl, nc, wget } from '../commands/curl.ts';
import { date } from '../commands/date.ts';
import { diff } from '../commands/diff.ts';
import { bc, paste } from '../commands/filters.ts';
import { hostCommands } from '../commands/host.ts';
import { jq } from '../commands/jq.ts';
import { truncate } from '../commands/truncate.ts';
import { defaultConfig, KUBECONFIG_PATH } from '../kubectl/config.ts';
import { atOnce, kubectl } from './hosted.ts';
import { libraryNames, libraryProgram } from './library.ts';
import { python } from './python.ts';
import { setupOf } from './setup.ts';

export const HOME = '/home/agent';
export const HOSTNAME = 'control-plane';

export const ENVIRONMENT = {
  HOME,
  USER: 'agent',
  LOGNAME: 'agent',
  SHELL: '/bin/bash',
  TERM: 'dumb',
  LANG: 'C.UTF-8',
  HOSTNAME,
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

const OS_RELEASE =
  'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\nSUPPORT_URL="https://www.debian.org/support"\nBUG_REPORT_URL="https://bugs.debian.org/"\n';

/** Whether a filter that takes files reads standard input: `-` or no operand. */
const noOperand = (args: readonly string[]): boolean => args.every((arg) => arg.startsWith('-')) || args.includes('-');
const always = (): boolean => true;
const dataFromInput = (args: readonly string[]): boolean => args.some((arg) => /^(.*=)?@-$/.test(arg));
/** jq: the filter is no file; with files (or -n) it leaves its input alone. */
const jqInput = (args: readonly string[]): boolean =>
  !args.some((arg) => /^-[a-zA-Z]*n|^--null-input$/.test(arg)) || args.includes('-');

/** The real jq where the embedder brings it, else the library's, which knows less. */
const jqProgram: Program = (os) => (setupOf(os).jq ? atOnce(jq, jqInput)(os) : libraryProgram('jq')(os));

type Hosted = [body: CommandBody, takesInput?: (args: readonly string[]) => boolean];

const HOSTED: Record<string, Hosted> = {
  date: [date],
  diff: [diff, (args) => args.includes('-')],
  paste: [paste, noOperand],
  bc: [bc, always],
  curl: [curl, dataFromInput],
  wget: [wget],
  nc: [nc],
  truncate: [truncate],
};

const HOST_INPUT: Record<string, (args: readonly string[]) => boolean> = {
  shuf: (args) => !args.some((arg) => /^-[ei]/.test(arg)),
  envsubst: always,
};

function programs(): Record<string, Program> {
  const out: Record<string, Program> = { ...debianPrograms({ network: true, without: ['httpd', 'busybox'] }) };
  for (const name of libraryNames) out[`/usr/bin/${name}`] = libraryProgram(name);
  for (const [name, [body, takes]] of Object.entries(HOSTED)) out[`/usr/bin/${name}`] = atOnce(body, takes);
  for (const [name, body] of Object.entries(hostCommands)) out[`/usr/bin/${name}`] = atOnce(body, HOST_INPUT[name]);
  for (const [name, body] of Object.entries(advice)) out[`/usr/bin/${name}`] = atOnce(body);
  for (const [name, body] of Object.entries(archiveCommands)) out[`/usr/bin/${name}`] = atOnce(body, noOperand);
  out['/usr/bin/jq'] = jqProgram;
  out['/usr/bin/python3'] = python;
  out['/usr/local/bin/kubectl'] = kubectl;
  out['/usr/local/bin/k'] = kubectl;
  return out;
}

/** The machine that agents work on: a Debian with the tools that operators have beside a cluster. */
export const machineImage = {
  repository: 'localhost/agent-machine',
  tags: ['latest'],
  sizeBytes: 0,
  digest: '',
  config: {},
  files: {
    ...baseFiles(OS_RELEASE),
    [`${HOME}/${KUBECONFIG_PATH}`]: defaultConfig(),
    '/etc/hostname': `${HOSTNAME}\n`,
    '/etc/hosts': '127.0.0.1\tlocalhost\n',
    '/etc/passwd': `root:x:0:0:root:/root:/bin/bash\nagent:x:1000:1000::${HOME}:/bin/bash\n`,
  },
  programs: programs(),
};
