import { goYaml } from '../../../kube/go-yaml.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { resolvePath } from '../files.ts';
import { kustomize as build } from '../kustomize/build.ts';

async function run(call: Call): Promise<void> {
  if (call.args.length > 1) throw new KubectlError('specify one path to kustomization.yaml');
  const text = (await build(call, call.args[0] ?? '.')).map((object) => goYaml(object)).join('---\n');
  const target = call.flags.str('output');
  if (target === '') return call.out(text);
  await call.fs.writeFile(resolvePath(call, target), text);
}

export const kustomize: Verb = { name: 'kustomize', flags: [{ name: 'output', short: 'o', type: 'string' }], run };
