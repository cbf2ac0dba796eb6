import { own } from '../../../core/own.ts';
import type { Json } from '../../../kube/object.ts';
import { gather, hasFiles, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { CHANGE_CAUSE } from '../rollouts.ts';
import { allFlag, dryRunFlag, dryRunOf, fieldManagerFlag, fileFlags, selectorFlags, writeQuery } from './shared.ts';

interface Field {
  field: 'labels' | 'annotations';
  word: 'label' | 'annotation';
  done: string;
  isPair(arg: string): boolean;
}

const LABEL: Field = {
  field: 'labels',
  word: 'label',
  done: 'labeled',
  isPair: (arg) => (arg.includes('=') && !arg.startsWith('=')) || (arg.endsWith('-') && arg.length > 1),
};
const ANNOTATION: Field = { ...LABEL, field: 'annotations', word: 'annotation', done: 'annotated' };

function change(kind: Field, pairs: string[]): Record<string, string | null> {
  const out: Record<string, string | null> = {};
  const both: string[] = [];
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (kind.field === 'labels' && at !== pair.lastIndexOf('=')) throw new KubectlError(`invalid label spec: ${pair}`);
    const key = at > 0 ? pair.slice(0, at) : pair.slice(0, -1);
    if (Object.hasOwn(out, key) && (out[key] === null) !== at < 0) both.push(key);
    out[key] = at > 0 ? pair.slice(at + 1) : null;
  }
  if (both.length > 0)
    throw new KubectlError(
      kind.field === 'labels'
        ? 'can not both modify and remove a label in the same command'
        : `can not both modify and remove the following annotation(s) in the same command: ${both.join(', ')}`,
    );
  if (kind.field === 'labels')
    for (const [key, value] of Object.entries(out))
      if (value !== null && !/^$|^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(value))
        throw new KubectlError(
          `invalid label value: ${JSON.stringify(`${key}=${value}`)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
        );
  return out;
}

function outcome(kind: Field, live: Record<string, string>, wanted: Record<string, string | null>): string {
  const changed = Object.entries(wanted).some(([key, value]) =>
    value === null ? Object.hasOwn(live, key) : own(live, key) !== value,
  );
  if (kind.field === 'annotations') return 'annotated';
  if (!changed) return 'not labeled';
  return Object.values(wanted).every((value) => value === null) ? 'unlabeled' : 'labeled';
}

function changedLocally(object: Json, field: Field['field'], wanted: Record<string, string | null>): Json {
  const values = { ...object.metadata[field], ...wanted };
  const kept = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  return { ...object, metadata: { ...object.metadata, [field]: Object.keys(kept).length > 0 ? kept : undefined } };
}

function body(kind: Field): (call: Call) => Promise<void> {
  return async (call) => {
    const { flags } = call;
    const pairs = call.args.filter((arg) => kind.isPair(arg));
    const args = call.args.filter((arg) => !kind.isPair(arg));
    const list = flags.bool('list');
    if (args.length === 0 && !hasFiles(call))
      throw new KubectlError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    if (pairs.length === 0 && !list) throw new KubectlError(`at least one ${kind.word} update is required`);
    const local = flags.bool('local');
    if (local && !hasFiles(call))
      throw new KubectlError('can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set');
    const wanted = change(kind, pairs);
    const version = flags.str('resource-version');
    const { infos, errors } = await gather(call, {
      args,
      selector: flags.str('selector'),
      fieldSelector: flags.str('field-selector'),
      all: flags.bool('all'),
      allNamespaces: flags.bool('all-namespaces'),
      live: !local,
      local,
    });
    throwIfAny(errors);
    for (const info of infos) {
      const live: Record<string, string> = info.object!.metadata[kind.field] ?? {};
      if (list) {
        const { apiVersion, kind: kindName } = info.object as Json;
        const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
        if (infos.length > 1) call.out(`Listing ${kind.field} for ${kindName}.${group}/${info.name}:\n`);
        for (const key of Object.keys(live).sort()) call.out(`${infos.length > 1 ? ' ' : ''}${key}=${live[key]}\n`);
        continue;
      }
      for (const [key, value] of Object.entries(wanted)) {
        if (value === null && !Object.hasOwn(live, key) && kind.field === 'labels')
          call.out(`label ${JSON.stringify(key)} not found.\n`);
        if (
          value !== null &&
          Object.hasOwn(live, key) &&
          live[key] !== value &&
          !flags.bool('overwrite') &&
          key !== CHANGE_CAUSE
        )
          throw new KubectlError(
            kind.field === 'labels'
              ? `'${key}' already has a value (${live[key]}), and --overwrite is false`
              : `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${live[key]})`,
          );
      }
      let object: Json = info.object;
      const result = outcome(kind, live, wanted);
      if (local || dryRunOf(call) === 'client') object = changedLocally(object, kind.field, wanted);
      else if (result !== 'not labeled')
        object = await call.client.json(
          'PATCH',
          withQuery(pathOf(info.resource, info.namespace, info.name), writeQuery(call)),
          { metadata: { [kind.field]: wanted, ...(version ? { resourceVersion: version } : {}) } },
          'application/merge-patch+json',
        );
      (await resultPrinter(call, result))(object, info.resource);
    }
  };
}

function verb(kind: Field, name: string): Verb {
  return {
    name,
    flags: [
      ...fileFlags,
      ...outputFlags,
      ...selectorFlags,
      allFlag,
      dryRunFlag,
      fieldManagerFlag(`kubectl-${name}`),
      { name: 'all-namespaces', short: 'A', type: 'bool' },
      { name: 'list', type: 'bool' },
      { name: 'local', type: 'bool' },
      { name: 'overwrite', type: 'bool' },
      { name: 'resource-version', type: 'string' },
    ],
    run: body(kind),
  };
}

export const label = verb(LABEL, 'label');
export const annotate = verb(ANNOTATION, 'annotate');
