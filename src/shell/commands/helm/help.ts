import { FLAGS } from './flags.ts';

const SUMMARIES: Record<string, string> = {
  list: 'list releases',
  status: 'show the state of a release and its objects',
  history: 'list the revisions of a release',
  'get all': 'show all that is stored of a release',
  'get hooks': 'show the hooks of a release',
  'get manifest': 'show the objects of a release',
  'get metadata': 'show chart, labels and times of a release',
  'get notes': 'show the notes of a release',
  'get values': 'show the values of a release',
  install: 'install a chart folder',
  upgrade: 'upgrade a release to a chart folder',
  rollback: 'go back to an earlier revision',
  uninstall: 'remove a release',
  template: 'render a chart without a cluster',
  'show chart': 'print Chart.yaml',
  'show values': 'print values.yaml',
  'show readme': 'print the README',
  'show crds': 'print the custom resource definitions',
  'show all': 'print all of them',
  lint: 'check a chart',
  version: 'print the version',
};

/** Help of one command, or the list of commands for any other text. */
export function help(topic: string): string {
  const flags = FLAGS[topic];
  if (flags && SUMMARIES[topic]) {
    const lines = Object.entries(flags).map(([name, spec]) => {
      const short = spec.short ? `-${spec.short}, ` : '    ';
      const value =
        spec.kind === 'bool' || spec.kind === 'optional' ? '' : ` ${spec.kind === 'list' ? 'stringArray' : spec.kind}`;
      return `  ${short}--${name}${value}\n`;
    });
    return `helm ${topic}: ${SUMMARIES[topic]}\n\nFlags:\n${lines.join('')}  -n, --namespace string\n  -h, --help\n`;
  }
  const width = Math.max(...Object.keys(SUMMARIES).map((name) => name.length));
  const shown = Object.entries(SUMMARIES).filter(([name]) => topic === '' || name.startsWith(`${topic} `));
  const list = shown.length > 0 ? shown : Object.entries(SUMMARIES);
  const lines = list.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join('');
  return `The Kubernetes package manager\n\nUsage:\n  helm [command]\n\nAvailable Commands:\n${lines}\nUse "helm [command] --help" for more information about a command.\n`;
}
