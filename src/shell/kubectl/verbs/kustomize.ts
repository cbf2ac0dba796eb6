import { goYaml } from '../../../kube/go-yaml.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { resolvePath } from '../files.ts';
import { kustomize as build, fileNameOf } from '../kustomize/build.ts';

const RESTRICTIONS = ['LoadRestrictionsNone', 'LoadRestrictionsRootOnly'];

async function run(call: Call): Promise<void> {
  if (call.args.length > 1) throw new KubectlError('specify one path to kustomization.yaml');
  const restriction = call.flags.str('load-restrictor');
  if (!RESTRICTIONS.includes(restriction))
    throw new KubectlError(
      `illegal flag value --load-restrictor ${restriction}; legal values: [${[...RESTRICTIONS].reverse().join(' ')}]`,
    );
  const objects = await build(call, call.args[0] ?? '.');
  const target = call.flags.str('output');
  const whole = (): string => objects.map((object) => goYaml(object)).join('---\n');
  if (target === '') return call.out(whole());
  const path = resolvePath(call, target);
  if (!(await call.fs.exists(path)) || !(await call.fs.stat(path)).isDirectory) return call.fs.writeFile(path, whole());
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace ?? 'default')).size;
  for (const object of objects) await call.fs.writeFile(`${path}/${fileNameOf(object, namespaces)}`, goYaml(object));
}

export const kustomize: Verb = {
  name: 'kustomize',
  flags: [
    { name: 'output', short: 'o', type: 'string' },
    // plugins beside the built-in ones, and what they may reach
    { name: 'enable-alpha-plugins', type: 'bool' },
    { name: 'as-current-user', type: 'bool' },
    { name: 'env', short: 'e', type: 'array' },
    { name: 'mount', type: 'array' },
    { name: 'network', type: 'bool' },
    { name: 'network-name', type: 'string', default: 'bridge' },
    // charts, which are refused whatever these say
    { name: 'enable-helm', type: 'bool' },
    { name: 'helm-api-versions', type: 'array' },
    { name: 'helm-command', type: 'string', default: 'helm' },
    { name: 'helm-debug', type: 'bool' },
    { name: 'helm-kube-version', type: 'string' },
    { name: 'load-restrictor', type: 'string', default: 'LoadRestrictionsRootOnly' },
  ],
  run,
};
