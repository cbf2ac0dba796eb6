import type { CommandBody } from './command.ts';
import { result } from './command.ts';

/** Full-screen and interactive programs have no place here: they are absent, as on the machine that the drills are modelled on. */
const INTERACTIVE: Record<string, string> = {
  vi: 'write files with cat <<EOF or edit them with sed -i',
  vim: 'write files with cat <<EOF or edit them with sed -i',
  nano: 'write files with cat <<EOF or edit them with sed -i',
  less: 'use cat, head or tail',
  more: 'use cat, head or tail',
  top: 'use kubectl top, or ps in a container through kubectl exec',
  htop: 'use kubectl top, or ps in a container through kubectl exec',
  k9s: 'use kubectl',
};

/** Programs that do not exist on this machine. The text is bash's own. */
const ABSENT = [
  'docker',
  'crictl',
  'ctr',
  'podman',
  'systemctl',
  'journalctl',
  'ping',
  'dig',
  'nslookup',
  'host',
  'telnet',
  'netstat',
  'traceroute',
  'strace',
  'tcpdump',
  'ssh',
  'git',
  'make',
  'pip',
  'npm',
  'apt',
  'apt-get',
  'sudo',
  'su',
  'python',
  'python3',
  'perl',
  'node',
  'iptables',
  'ip',
  'ss',
  'mongo',
  'mongosh',
  'redis-cli',
  'mysql',
  'psql',
  'minikube',
  'kind',
  'openssl',
  'gawk',
];

const absent =
  (name: string): CommandBody =>
  async () =>
    result('', `bash: ${name}: command not found\n`, 127);

export const advice: Record<string, CommandBody> = Object.fromEntries([
  ...ABSENT.map((name) => [name, absent(name)]),
  ...Object.entries(INTERACTIVE).map(([name, hint]) => [
    name,
    async () => result('', `bash: ${name}: command not found (this shell has no terminal: ${hint})\n`, 127),
  ]),
]);
