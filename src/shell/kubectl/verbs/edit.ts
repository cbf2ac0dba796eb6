import { schemaOf } from '../../../kube/api-schema.ts';
import { goYaml } from '../../../kube/go-yaml.ts';
import { clone, deepEqual, type Json } from '../../../kube/object.ts';
import { PatchError } from '../../../kube/patch/error.ts';
import { assertTyped, gather, type Info, infoOf, throwIfAny } from '../builder.ts';
import { groupResource, pathOf, type Resource, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { editText } from '../editor.ts';
import { KubectlError, KubectlExit, StatusError } from '../errors.ts';
import { type Manifest, parseDocuments } from '../files.ts';
import { goJson } from '../printers/json.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { threeWay } from '../three-way.ts';
import { LAST_APPLIED, withLastApplied } from './apply.ts';
import { fieldManagerFlag, fileFlags, validateFlag, writeQuery } from './shared.ts';

/** What is edited: live objects, their last-applied annotations, or manifests before they are created. */
export type EditMode = 'live' | 'applied' | 'create';

interface Reason {
  head: string;
  causes: string[];
}

/** How one round of edits went. */
interface Round {
  reasons: Reason[];
  retryable: boolean;
  gone: boolean;
  invalid: boolean;
}

const HEADERS = {
  applied: `# Please edit the 'last-applied-configuration' annotations below.
# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.
#
`,
  live: `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`,
};

function header(mode: EditMode, reasons: Reason[]): string {
  const marked = (text: string): string => text.replaceAll('\n', '\n# ');
  const told = reasons.map(
    ({ head, causes }) =>
      `# ${marked(head)}${causes.length > 0 ? ':' : ''}\n${causes.map((one) => `# * ${marked(one)}\n`).join('')}#\n`,
  );
  return (mode === 'applied' ? HEADERS.applied : HEADERS.live) + told.join('');
}

const withoutComments = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^\s*#(?!!)/.test(line))
    .join('\n');

/** The text without comments and layout, where it can be read. */
function essence(text: string): string {
  try {
    const documents = parseDocuments(text, 'edited-file');
    return documents.length === 1 ? goJson(documents[0]) : withoutComments(text);
  } catch (error) {
    if (error instanceof KubectlError) return withoutComments(text);
    throw error;
  }
}

const bare = (object: Json): Json => {
  const copy = clone(object);
  if (copy.metadata) delete copy.metadata.managedFields;
  return copy;
};

function note(round: Round, error: StatusError, { resource, name }: Info): string {
  const what = `${groupResource(resource)} ${JSON.stringify(name)}`;
  if (error.reason === 'Invalid') {
    round.invalid = true;
    const causes = (error.status.details?.causes ?? []).map((one: Json) => `${one.field}: ${one.message}`);
    round.reasons.push({ head: `${what} was not valid`, causes });
    return `error: ${what} is invalid`;
  }
  if (error.reason === 'NotFound') {
    round.gone = true;
    return `error: ${what} could not be found on the server`;
  }
  round.retryable = true;
  return `error: ${what} could not be patched: ${error.message}`;
}

type Print = (object: Json, resource: Resource, what?: string) => void;

/** The patch that leads from one object to the other; name, kind and apiVersion must stay. */
function patchBetween(call: Call, { resource }: Info, before: Json, after: Json): { patch: Json; type: string } {
  const changed = before.apiVersion !== after.apiVersion || before.kind !== after.kind;
  if (changed || before.metadata?.name !== after.metadata?.name)
    throw new KubectlError('At least one of apiVersion, kind and name was changed');
  const schema = schemaOf(resource.groupVersion, resource.name);
  try {
    const patch = threeWay(before, after, before, schema, (text) => call.err(text));
    return { patch, type: schema ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json' };
  } catch (error) {
    if (error instanceof PatchError) throw new KubectlError(error.message);
    throw error;
  }
}

/** Sends what was edited; `round` hears of what the server refuses. */
async function save(
  call: Call,
  mode: EditMode,
  originals: Info[],
  edited: Info[],
  round: Round,
  print: Print,
): Promise<void> {
  for (const info of edited) {
    const object = mode !== 'applied' && call.flags.bool('save-config') ? withLastApplied(info.object) : info.object!;
    const path = pathOf(info.resource, info.namespace, info.name, subresourceOf(call));
    if (mode === 'create') {
      const collection = withQuery(pathOf(info.resource, info.namespace), writeQuery(call));
      print(await call.client.json('POST', collection, object), info.resource, 'created');
      continue;
    }
    const original = originals.find((one) => one.object?.metadata?.uid === object.metadata?.uid);
    if (!original) throw new KubectlError(`no original object found for ${JSON.stringify(object)}`);
    if (deepEqual(original.object, object)) {
      print(object, info.resource, 'skipped');
      continue;
    }
    if (mode === 'applied') {
      const annotations = { [LAST_APPLIED]: `${goJson(object)}\n` };
      const type = 'application/merge-patch+json';
      await call.client.json('PATCH', withQuery(path, writeQuery(call)), { metadata: { annotations } }, type);
      print(object, info.resource);
      continue;
    }
    const { patch, type } = patchBetween(call, info, original.object, object);
    if (call.flags.bool('output-patch')) call.out(`Patch: ${goJson(patch)}\n`);
    try {
      print(await call.client.json('PATCH', withQuery(path, writeQuery(call)), patch, type), info.resource);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      call.err(`${note(round, error, info)}\n`);
    }
  }
}

const subresourceOf = ({ flags }: Call): string | undefined =>
  (flags.has('subresource') && flags.str('subresource')) || undefined;

/** The objects of an edited text, with the managedFields that were left out of it. */
async function readEdited(call: Call, text: string, originals: Info[]): Promise<Info[]> {
  const documents = parseDocuments(text, 'edited-file').flatMap((one) =>
    Array.isArray(one?.items) && String(one.kind).endsWith('List') ? one.items : [one],
  );
  const out: Info[] = [];
  for (const object of documents) {
    const info = await infoOf(call, { object, source: 'edited-file' });
    const original = originals.find((one) => one.object?.metadata?.uid === object.metadata?.uid);
    const managedFields = original?.object?.metadata?.managedFields;
    if (managedFields) info.object = { ...object, metadata: { ...object.metadata, managedFields } };
    if (info.namespace !== undefined && info.namespace !== call.namespace && originals.length === 1)
      throw new KubectlError(
        `the namespace from the provided object ${JSON.stringify(info.namespace)} does not match the namespace ${JSON.stringify(call.namespace)}. You must pass '--namespace=${info.namespace}' to perform this operation.`,
      );
    out.push(info);
  }
  return out;
}

/** What kubectl itself finds wrong with an edited text; the text of the problem. */
function problemOf(call: Call, text: string): string | undefined {
  try {
    const [object] = parseDocuments(text, 'edited-file');
    assertTyped(call, { object: object ?? {}, source: 'edited-file' } satisfies Manifest);
    return undefined;
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    return error.message.startsWith('error parsing')
      ? undefined
      : error.message.replace(/^.*error validating data: (.*); if you choose.*$/s, '$1');
  }
}

/** Lets the user edit the objects until they are saved, or the edit is given up. */
export async function editObjects(call: Call, mode: EditMode, infos: Info[]): Promise<void> {
  const json = call.flags.str('output') === 'json';
  const show = (value: Json): string => (json ? `${goJson(value, 4)}\n` : goYaml(value));
  const shown = infos.map(({ object }) => bare(object!));
  const original = show(shown.length === 1 ? shown[0] : { kind: 'List', apiVersion: 'v1', metadata: {}, items: shown });
  const print = await resultPrinter(call, 'edited');
  let round: Round = { reasons: [], retryable: false, gone: false, invalid: false };
  let [before, failed, kept] = ['', false, ''];
  const giveUp = async (error: Error, path: string): Promise<never> => {
    if (path !== '' && (await call.fs.exists(path)))
      call.err(`A copy of your changes has been stored to ${JSON.stringify(path)}\n`);
    throw error;
  };
  for (;;) {
    const body = failed ? withoutComments(before) : original;
    const text = `${json ? '' : header(mode, round.reasons)}${body}`;
    const edited = await editText(
      call,
      call.flags.bool('windows-line-endings') ? text.replaceAll('\n', '\r\n') : text,
      json ? '.json' : '.yaml',
    );
    if (edited.error) return giveUp(edited.error, kept);
    if (failed && essence(before) === essence(edited.text))
      return giveUp(new KubectlError('Edit cancelled, no valid changes were saved.'), edited.path);
    if (kept !== '') await call.fs.rm(kept, { force: true });
    [before, kept] = [edited.text, edited.path];
    round = { reasons: [], retryable: false, gone: false, invalid: false };
    const problem = problemOf(call, edited.text);
    if (problem !== undefined) {
      const { resource, name } = infos[0]!;
      const what = `${groupResource(resource)} ${JSON.stringify(name)}`;
      const cause = `<nil>: Invalid value: "The edited file failed validation": ${problem}`;
      round.reasons.push({ head: `${what} was not valid`, causes: [cause] });
      call.err(`error: ${what} is invalid\n`);
      failed = true;
      continue;
    }
    const cancelled =
      essence(original) === essence(edited.text)
        ? 'no changes made'
        : withoutComments(edited.text).trim() === '' && 'saved file was empty';
    if (cancelled) {
      await call.fs.rm(kept, { force: true });
      call.err(`Edit cancelled, ${cancelled}.\n`);
      return;
    }
    let found: Info[];
    try {
      found = await readEdited(call, edited.text, infos);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      if (error.message.startsWith('the namespace from')) return giveUp(error, kept);
      round.reasons.push({ head: `The edited file had a syntax error: ${error.message}`, causes: [] });
      failed = true;
      continue;
    }
    try {
      await save(call, mode, infos, found, round, print);
    } catch (error) {
      return giveUp(error as Error, kept);
    }
    failed = round.reasons.length > 0;
    if (round.retryable) throw new KubectlExit(`You can run \`kubectl replace -f ${kept}\` to try this update again.`);
    if (round.gone)
      throw new KubectlExit(`The edits you made on deleted resources have been saved to ${JSON.stringify(kept)}`);
    if (!round.invalid) {
      await call.fs.rm(kept, { force: true });
      return;
    }
  }
}

const flags: Verb['flags'] = [
  ...fileFlags,
  ...outputFlags,
  validateFlag,
  { name: 'output-patch', type: 'bool' },
  { name: 'save-config', type: 'bool' },
  { name: 'subresource', type: 'string' },
  { name: 'windows-line-endings', type: 'bool' },
];

async function run(call: Call): Promise<void> {
  const { infos, errors } = await gather(call, { live: true });
  throwIfAny(errors);
  const subresource = subresourceOf(call);
  if (subresource)
    for (const info of infos)
      info.object = await call.client.get(pathOf(info.resource, info.namespace, info.name, subresource));
  if (infos.length === 0) throw new KubectlError('edit cancelled, no objects found');
  await editObjects(call, 'live', infos);
}

async function runLastApplied(call: Call): Promise<void> {
  const { infos, errors } = await gather(call, { live: true });
  throwIfAny(errors);
  const applied: Info[] = [];
  for (const info of infos) {
    const text = info.object!.metadata.annotations?.[LAST_APPLIED];
    if (text) applied.push({ ...info, object: JSON.parse(text) });
  }
  if (applied.length === 0)
    throw new KubectlError(
      'no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`',
    );
  await editObjects(call, 'applied', applied);
}

export const edit: Verb = { name: 'edit', flags: [...flags, fieldManagerFlag('kubectl-edit')], run };
export const editLastApplied: Verb = {
  name: 'edit-last-applied',
  flags: [...flags, fieldManagerFlag('kubectl-client-side-apply')],
  run: runLastApplied,
};
