import { parse } from 'yaml';
import type { Json } from '../../../kube/object.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { decodeKustomization } from './schema.ts';

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const EDIT_FIX = "Run 'kustomize edit fix' to update your Kustomization automatically.";

/** What kustomize says of old fields, in its order. */
const DEPRECATED: [old: string, fresh: string, lead?: string][] = [
  ['bases', 'resources'],
  ['commonLabels', 'labels'],
  ['imageTags', 'images'],
  ['patchesJson6902', 'patches'],
  ['patchesStrategicMerge', 'patches'],
  ['vars', 'replacements', '[EXPERIMENTAL] '],
];

/** A kustomization folder: where it is, who led to it, and what its file says. */
export interface Folder {
  root: string;
  referrer?: Folder;
  fileName: string;
  spec: Json;
}

/** Loads files below a folder, as the load restrictor allows. */
export async function loadFile(call: Call, { root }: Pick<Folder, 'root'>, path: string): Promise<string> {
  const full = call.fs.resolvePath(root, path);
  if (/^https?:\/\//.test(path))
    throw new KubectlError(`Get ${JSON.stringify(path)}: this shell has no network outside the cluster`);
  const missing = `evalsymlink failure on '${full}' : lstat ${await firstMissing(call, full)}: no such file or directory`;
  if (!(await call.fs.exists(full))) throw new KubectlError(missing);
  if ((await call.fs.stat(full)).isDirectory)
    throw new KubectlError(`read ${full}: is a directory`.replace(/^read .*/, `'${full}' must resolve to a file`));
  const restricted = call.flags.has('load-restrictor') ? call.flags.str('load-restrictor') : '';
  if (restricted !== 'LoadRestrictionsNone' && !full.startsWith(root === '/' ? root : `${root}/`))
    throw new KubectlError(`security; file '${full}' is not in or below '${root}'`);
  return call.fs.readFile(full);
}

/** The first part of the path that is not there: what Go's lstat complains of. */
async function firstMissing(call: Call, full: string): Promise<string> {
  const parts = full.split('/');
  for (let i = 2; i < parts.length; i++) {
    const part = parts.slice(0, i).join('/');
    if (!(await call.fs.exists(part))) return part;
  }
  return full;
}

/** The absolute folder that `path` names, seen from `from`. */
export async function confirmFolder(call: Call, from: string, path: string): Promise<string> {
  const root = call.fs.resolvePath(from, path);
  if (!(await call.fs.exists(root)))
    throw new KubectlError(
      `must build at directory: not a valid directory: evalsymlink failure on '${path.startsWith('/') ? path : path}' : lstat ${await firstMissing(call, root)}: no such file or directory`,
    );
  if (!(await call.fs.stat(root)).isDirectory)
    throw new KubectlError(`must build at directory: '${path}': file is not directory`);
  return root;
}

/** A folder that another one names. */
export async function folderBelow(call: Call, from: Folder, path: string): Promise<{ root: string; referrer: Folder }> {
  if (path === '') throw new KubectlError('new root cannot be empty');
  if (path.startsWith('/')) throw new KubectlError(`new root '${path}' cannot be absolute`);
  const root = await confirmFolder(call, '/', call.fs.resolvePath(from.root, path));
  for (let one: Folder | undefined = from; one; one = one.referrer)
    if (one.root === root || one.root.startsWith(`${root}/`))
      throw new KubectlError(`cycle detected: candidate root '${root}' contains visited root '${one.root}'`);
  return { root, referrer: from };
}

/** Reads and checks the kustomization of a folder. */
export async function readKustomization(
  call: Call,
  { root, referrer }: Pick<Folder, 'root' | 'referrer'>,
): Promise<Folder> {
  const found: string[] = [];
  for (const name of NAMES) if (await call.fs.exists(`${root}/${name}`)) found.push(name);
  const fileName = found[0];
  if (fileName === undefined)
    throw new KubectlError(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${root}'`,
    );
  if (found.length > 1) throw new KubectlError(`Found multiple kustomization files under: ${root}\n`);
  const spec = decodeKustomization(parse(await call.fs.readFile(`${root}/${fileName}`), { version: '1.1' }));
  for (const [old, fresh, lead = ''] of DEPRECATED)
    if (spec[old]) call.err(`# Warning: '${old}' is deprecated. Please use '${fresh}' instead. ${lead}${EDIT_FIX}\n`);
  return { root, referrer, fileName, spec: checked(fixed(spec), root) };
}

/** Old fields under their new names. */
function fixed(spec: Json): Json {
  const { bases, imageTags, ...rest } = spec;
  const out: Json = { ...rest };
  if (bases) out.resources = [...(rest.resources ?? []), ...bases];
  if (imageTags) out.images = [...(rest.images ?? []), ...imageTags];
  for (const field of ['configMapGenerator', 'secretGenerator'])
    if (out[field])
      out[field] = out[field].map(({ env, ...one }: Json) =>
        env ? { ...one, envs: [...(one.envs ?? []), env] } : one,
      );
  return out;
}

function checked(spec: Json, root: string): Json {
  const isSet = (value: Json): boolean => value !== null && value !== '' && value !== undefined;
  if (!Object.keys(spec).some((field) => !['apiVersion', 'kind'].includes(field) && isSet(spec[field])))
    throw new KubectlError('kustomization.yaml is empty');
  const kind = spec.kind || 'Kustomization';
  const isComponent = kind === 'Component';
  const wanted = `kustomize.config.k8s.io/${isComponent ? 'v1alpha1' : 'v1beta1'}`;
  const errors: string[] = [];
  if (kind !== 'Kustomization' && !isComponent) errors.push('kind should be Kustomization or Component');
  if (spec.apiVersion && spec.apiVersion !== wanted) errors.push(`apiVersion for ${kind} should be ${wanted}`);
  if (errors.length > 0)
    throw new KubectlError(`Failed to read kustomization file under ${root}:\n${errors.join('\n')}`);
  return { ...spec, kind };
}
