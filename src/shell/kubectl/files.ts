import { parseAllDocuments } from 'yaml';
import type { Json } from '../../kube/object.ts';
import type { Call } from './context.ts';
import { KubectlError } from './errors.ts';

/** One object read from a manifest. */
export interface Manifest {
  object: Json;
  /** File name, or STDIN. */
  source: string;
}

/** Absolute path of what the user typed. */
export function resolvePath(call: { cwd: string; fs: Call['fs']; env: Call['env'] }, path: string): string {
  return call.fs.resolvePath(call.cwd, path);
}

/** Text of a file, `-` being standard input; the errors are Go's. */
export async function readText(call: Call, path: string): Promise<string> {
  if (path === '-') return call.stdin;
  const full = resolvePath(call, path);
  if (!(await call.fs.exists(full))) throw new KubectlError(`open ${path}: no such file or directory`);
  if ((await call.fs.stat(full)).isDirectory) throw new KubectlError(`read ${path}: is a directory`);
  return call.fs.readFile(full);
}

/** YAML or JSON text to documents; YAML 1.1 as Kubernetes reads it. Empty documents are left out. */
export function parseDocuments(text: string, source: string): Json[] {
  const documents = parseAllDocuments(text, {
    version: '1.1',
    uniqueKeys: false,
    merge: true,
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || !/timestamp|binary|omap|set|pairs/.test(tag.tag)),
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document): Json[] => {
    const problem = document.errors[0];
    if (problem) {
      const line = problem.linePos?.[0].line ?? 1;
      const words = problem.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
      throw new KubectlError(`error parsing ${source}: error converting YAML to JSON: yaml: line ${line}: ${words}`);
    }
    const value = document.toJS({ maxAliasCount: 100 });
    return value === null || value === undefined ? [] : [value];
  });
}

async function filesUnder(call: Call, path: string, recursive: boolean): Promise<string[]> {
  const full = resolvePath(call, path);
  if (!(await call.fs.exists(full))) throw new KubectlError(`the path ${JSON.stringify(path)} does not exist`);
  if (!(await call.fs.stat(full)).isDirectory) return [path];
  const out: string[] = [];
  for (const name of (await call.fs.readdir(full)).sort()) {
    const child = `${path.replace(/\/$/, '')}/${name}`;
    const directory = (await call.fs.stat(resolvePath(call, child))).isDirectory;
    if (directory && recursive) out.push(...(await filesUnder(call, child, true)));
    if (!directory && /\.(json|yaml|yml)$/.test(name)) out.push(child);
  }
  if (out.length === 0)
    throw new KubectlError(`error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
  return out;
}

/** Everything that -f (and -R, -k) name, Lists flattened. */
export async function readManifests(call: Call): Promise<Manifest[]> {
  if (call.flags.has('kustomize') && call.flags.str('kustomize') !== '')
    throw new KubectlError('--kustomize is not supported in this shell: render the manifests and pass them with -f');
  const out: Manifest[] = [];
  for (const name of call.flags.list('filename')) {
    if (/^https?:\/\//.test(name))
      throw new KubectlError(
        `unable to read URL ${JSON.stringify(name)}: this shell has no network outside the cluster`,
      );
    const files = name === '-' ? ['-'] : await filesUnder(call, name, call.flags.bool('recursive'));
    for (const file of files) {
      const source = file === '-' ? 'STDIN' : file;
      for (const document of parseDocuments(await readText(call, file), source)) {
        if (typeof document !== 'object' || Array.isArray(document))
          throw new KubectlError(
            `error parsing ${source}: error converting YAML to JSON: json: cannot unmarshal value into Go value of type map[string]interface {}`,
          );
        if (Array.isArray(document.items) && String(document.kind ?? '').endsWith('List'))
          out.push(...document.items.map((object: Json) => ({ object, source })));
        else out.push({ object: document, source });
      }
    }
  }
  if (out.length === 0)
    throw new KubectlError(
      call.flags.bool('dry-run') ? 'no objects passed' : `no objects passed to ${call.command.split(' ')[1]}`,
    );
  return out;
}
