import type { CommandBody } from './command.ts';
import { result } from './command.ts';

/** Full-screen and interactive programs have no place here: they are absent, as on the machine that the drills are modelled on. */
const INTERACTIVE: Record<string, string> = {
  vi: 'write files with cat <<EOF or edit them with sed -i',
  vim: 'write files with cat <<EOF or edit them with sed -i',
  nano: 'write files with cat <<EOF or edit them with sed -i',
  less: 'use cat, head or tail',
  more: 'use cat, head or tail',
  htop: 'use kubectl top, or ps in a container through kubectl exec',
  k9s: 'use kubectl',
};

export const advice: Record<string, CommandBody> = Object.fromEntries(
  Object.entries(INTERACTIVE).map(([name, hint]) => [
    name,
    async () => result('', `bash: ${name}: command not found (this shell has no terminal: ${hint})\n`, 127),
  ]),
);
