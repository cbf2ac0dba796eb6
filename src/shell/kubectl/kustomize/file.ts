import { parse } from 'yaml';
import type { Json } from '../../../kube/object.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { resolvePath } from '../files.ts';

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** Fields that are carried out. */
const DONE = [
  ...['apiVersion', 'kind', 'metadata', 'resources', 'bases', 'namespace', 'namePrefix', 'nameSuffix'],
  ...['commonLabels', 'labels', 'commonAnnotations', 'images', 'replicas', 'configMapGenerator', 'secretGenerator'],
  ...['generatorOptions', 'patches', 'patchesStrategicMerge', 'patchesJson6902', 'sortOptions'],
];
/** Fields that kustomize has beside them. */
const KNOWN = [
  ...['components', 'crds', 'openapi', 'configurations', 'generators', 'transformers', 'validators', 'helmCharts'],
  ...['helmGlobals', 'helmChartInflationGenerator', 'vars', 'replacements', 'buildMetadata', 'imageTags'],
];

/** The folder's kustomization. `shown` is how the folder was named. */
export async function readKustomization(call: Call, shown: string): Promise<{ dir: string; spec: Json }> {
  const dir = resolvePath(call, shown);
  if (!(await call.fs.exists(dir)))
    throw new KubectlError(
      `must build at directory: not a valid directory: evalsymlink failure on '${shown}' : lstat ${dir}: no such file or directory`,
    );
  if (!(await call.fs.stat(dir)).isDirectory)
    throw new KubectlError(`must build at directory: '${shown}': file is not directory`);
  for (const name of NAMES) {
    if (!(await call.fs.exists(`${dir}/${name}`))) continue;
    return { dir, spec: checked(parse(await call.fs.readFile(`${dir}/${name}`)), call) };
  }
  throw new KubectlError(
    `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${dir}'`,
  );
}

function checked(spec: Json, call: Call): Json {
  if (spec === null || spec === undefined) throw new KubectlError('kustomization.yaml is empty');
  const warn = (old: string, fresh: string): void => {
    if (spec[old])
      call.err(
        `# Warning: '${old}' is deprecated. Please use '${fresh}' instead. Run 'kustomize edit fix' to update your Kustomization automatically.\n`,
      );
  };
  for (const field of Object.keys(spec)) {
    if (DONE.includes(field)) continue;
    if (KNOWN.includes(field)) throw new KubectlError(`${field} of a kustomization is not supported in this shell`);
    throw new KubectlError(`invalid Kustomization: json: unknown field ${JSON.stringify(field)}`);
  }
  warn('commonLabels', 'labels');
  warn('bases', 'resources');
  warn('patchesStrategicMerge', 'patches');
  warn('patchesJson6902', 'patches');
  return spec;
}
