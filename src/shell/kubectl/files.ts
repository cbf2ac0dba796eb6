import { parseAllDocuments, type YAMLParseError } from 'yaml';
import { yamlProblem } from '../../helm/yaml/problem.ts';
import type { Json } from '../../kube/object.ts';
import type { Call } from './context.ts';
import { KubectlError } from './errors.ts';
import { kustomize } from './kustomize/build.ts';
import { matchesSelector } from './label-selector.ts';

/** One object read from a manifest. */
export interface Manifest {
  object: Json;
  /** File name, or STDIN. */
  source: string;
  /** Why it could not be read; what stood before it in the file is still carried out. */
  error?: KubectlError;
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
  const { documents, problem } = readDocuments(text, source);
  if (problem) throw problem;
  return documents;
}

/** The documents up to the first that does not parse. */
function readDocuments(text: string, source: string): { documents: Json[]; problem?: KubectlError } {
  const documents: Json[] = [];
  try {
    for (const document of eachDocument(text, source)) documents.push(document);
    return { documents };
  } catch (error) {
    if (error instanceof KubectlError) return { documents, problem: error };
    throw error;
  }
}

function* eachDocument(text: string, source: string): Generator<Json> {
  const documents = parseAllDocuments(text, {
    version: '1.1',
    uniqueKeys: false,
    merge: true,
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || !/timestamp|binary|omap|set|pairs/.test(tag.tag)),
  });
  if (!Array.isArray(documents)) return;
  for (const document of documents) {
    const problem = document.errors[0];
    if (problem) {
      throw new KubectlError(
        `error parsing ${source}: error converting YAML to JSON: yaml: ${documentProblem(text) ?? goYamlError(problem)}`,
      );
    }
    const value = document.toJS({ maxAliasCount: 100 });
    if (value !== null && value !== undefined) yield value;
  }
}

const goKind = (value: Json): string =>
  Array.isArray(value) ? 'array' : value === true || value === false ? 'bool' : typeof value;

/** Fields of metadata that kubectl itself decodes, so that `name: yes` fails before any request. */
function assertMetadata(object: Json, source: string): void {
  const refuse = (value: Json, field: string, type: string): never => {
    throw new KubectlError(
      `unable to decode ${JSON.stringify(source)}: json: cannot unmarshal ${goKind(value)} into Go struct field ObjectMeta.metadata.${field} of type ${type}`,
    );
  };
  const { metadata } = object;
  if (!metadata || typeof metadata !== 'object') return;
  for (const field of ['name', 'generateName', 'namespace'])
    if (metadata[field] !== undefined && metadata[field] !== null && typeof metadata[field] !== 'string')
      refuse(metadata[field], field, 'string');
  for (const field of ['labels', 'annotations']) {
    const map = metadata[field];
    if (map === undefined || map === null) continue;
    if (typeof map !== 'object' || Array.isArray(map)) refuse(map, field, 'map[string]string');
    for (const value of Object.values(map))
      if (value !== null && typeof value !== 'string') refuse(value, field, 'string');
  }
}

/** What go-yaml says of the first document that is none; kubectl cuts the text at its separators before it reads them. */
function documentProblem(text: string): string | undefined {
  for (const document of text.split(/^---[ \t]*(?:#.*)?\r?\n/m)) {
    const problem = yamlProblem(document);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** go-yaml's words; it counts the line on which it gave up and knows fewer kinds of mistakes. */
const YAML_WORDS: Record<string, string> = {
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MULTILINE_IMPLICIT_KEY: "could not find expected ':'",
  MISSING_CHAR: 'did not find expected node content',
  BAD_INDENT: 'did not find expected node content',
  TAB_AS_INDENT: 'found character that cannot start any token',
  UNEXPECTED_TOKEN: 'did not find expected key',
  BAD_SCALAR_START: 'found character that cannot start any token',
  BAD_ALIAS: 'unknown anchor referenced',
};

function goYamlError({ code, linePos, message }: YAMLParseError): string {
  const line = Math.max(1, (linePos?.[0].line ?? 1) - (code === 'BAD_INDENT' ? 1 : 0));
  return `line ${line}: ${YAML_WORDS[code] ?? message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')}`;
}

async function filesUnder(call: Call, path: string, recursive: boolean): Promise<string[]> {
  const full = resolvePath(call, path);
  if (!(await call.fs.exists(full))) throw new KubectlError(`the path ${JSON.stringify(path)} does not exist`);
  if (!(await call.fs.stat(full)).isDirectory) return [path];
  const out: string[] = [];
  for (const name of (await call.fs.readdir(full)).sort()) {
    const child = path === '.' ? name : `${path.replace(/^\.\//, '').replace(/\/$/, '')}/${name}`;
    const directory = (await call.fs.stat(resolvePath(call, child))).isDirectory;
    if (directory && recursive) out.push(...(await filesUnder(call, child, true)));
    if (!directory && /\.(json|yaml|yml)$/.test(name)) out.push(child);
  }
  if (out.length === 0)
    throw new KubectlError(`error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
  return out;
}

/** The paths that a pattern of -f names: kubectl itself expands what the shell has left. */
async function matching(call: Call, pattern: string): Promise<string[]> {
  if (!/[*?[]/.test(pattern) || (await call.fs.exists(resolvePath(call, pattern)))) return [pattern];
  const parts = pattern.split('/');
  let found = [parts[0] === '' ? '/' : ''];
  for (const part of parts[0] === '' ? parts.slice(1) : parts) {
    const next: string[] = [];
    const test = new RegExp(
      `^${part
        .replace(/[.+^${}()|\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
    );
    for (const folder of found) {
      const full = resolvePath(call, folder === '' ? '.' : folder);
      if (!(await call.fs.exists(full)) || !(await call.fs.stat(full)).isDirectory) continue;
      const join = (name: string): string =>
        folder === '' || folder === '/' ? `${folder}${name}` : `${folder}/${name}`;
      if (part === '' || part === '.' || part === '..') next.push(join(part));
      else
        next.push(
          ...(await call.fs.readdir(full))
            .filter((name) => test.test(name))
            .sort()
            .map(join),
        );
    }
    found = next;
  }
  return found.length > 0 ? found : [pattern];
}

/** One document's objects, those of a List each for itself. */
function manifestsOf(document: Json, source: string): Manifest[] {
  try {
    if (typeof document !== 'object' || Array.isArray(document))
      throw new KubectlError(
        `error validating ${JSON.stringify(source)}: error validating data: invalid object to validate; if you choose to ignore these errors, turn validation off with --validate=false`,
      );
    assertMetadata(document, source);
  } catch (error) {
    if (error instanceof KubectlError) return [{ object: {}, source, error }];
    throw error;
  }
  if (Array.isArray(document.items) && String(document.kind ?? '').endsWith('List'))
    return document.items.map((object: Json) => ({ object, source }));
  return [{ object: document, source }];
}

/** Everything that -f (and -R, -k) name, Lists flattened. */
export async function readManifests(call: Call): Promise<Manifest[]> {
  const out: Manifest[] = [];
  const folder = call.flags.has('kustomize') ? call.flags.str('kustomize') : '';
  if (folder !== '' && call.flags.list('filename').length > 0)
    throw new KubectlError('only one of -f or -k can be specified');
  if (folder !== '') out.push(...(await kustomize(call, folder)).map((object) => ({ object, source: folder })));
  for (const name of call.flags.list('filename')) {
    if (/^https?:\/\//.test(name))
      throw new KubectlError(
        `unable to read URL ${JSON.stringify(name)}: this shell has no network outside the cluster`,
      );
    const files: string[] = [];
    for (const path of name === '-' ? [] : await matching(call, name))
      files.push(...(await filesUnder(call, path, call.flags.bool('recursive'))));
    if (name === '-') files.push('-');
    for (const file of files) {
      const source = file === '-' ? 'STDIN' : file;
      const { documents, problem } = readDocuments(await readText(call, file), source);
      for (const document of documents) out.push(...manifestsOf(document, source));
      if (problem) out.push({ object: {}, source, error: problem });
    }
  }
  const selector = call.flags.has('selector') ? call.flags.str('selector') : '';
  const chosen = out.filter(({ object }) => selector === '' || matchesSelector(selector, object.metadata?.labels));
  if (selector !== '' && !/^kubectl (apply|create)$/.test(call.command)) return chosen;
  if (chosen.length === 0)
    throw new KubectlError(
      call.flags.bool('dry-run') ? 'no objects passed' : `no objects passed to ${call.command.split(' ')[1]}`,
    );
  return chosen;
}
