/** Records the answers of this machine's bash to the commands in bash.commands.ts. Run by hand: `npx tsx test/unit/shell/record-bash.ts`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { commands, fixture } from './bash.commands.ts';

const env = { HOME: '/home/agent', PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', USER: 'agent', TERM: 'dumb' };
const recorded = commands.map((command) => {
  rmSync('/tmp/fixture', { recursive: true, force: true });
  mkdirSync('/tmp/fixture', { recursive: true });
  spawnSync('bash', ['-c', fixture], { env });
  const done = spawnSync('bash', ['-c', command, 'bash'], {
    env,
    cwd: '/tmp/fixture',
    encoding: 'utf8',
    timeout: 10_000,
  });
  return { command, stdout: done.stdout, stderr: done.stderr, exitCode: done.status };
});
rmSync('/tmp/fixture', { recursive: true, force: true });
writeFileSync(new URL('bash.recorded.json', import.meta.url), `${JSON.stringify(recorded, null, 1)}\n`);
