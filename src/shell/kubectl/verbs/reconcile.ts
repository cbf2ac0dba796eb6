import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../../kube/object.ts';
import { hasFiles, type Info, infoOf, throwIfAny } from '../builder.ts';
import { pathOf } from '../client.ts';
import type { Call } from '../context.ts';
import { isNotFound, KubectlError } from '../errors.ts';
import { readManifests } from '../files.ts';
import { resultPrinter } from '../printers/output.ts';
import { dryRunOf } from './shared.ts';

type Rule = Json;

const FIELDS = ['verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'] as const;

/** A rule as many rules of one verb, group, resource, name or URL each. */
function simple(rule: Rule): Rule[] {
  const out: Rule[] = [];
  for (const verb of rule.verbs ?? []) {
    for (const url of rule.nonResourceURLs ?? []) out.push({ verbs: [verb], nonResourceURLs: [url] });
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? [])
        if (rule.resourceNames?.length)
          for (const name of rule.resourceNames)
            out.push({ verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: [name] });
        else out.push({ verbs: [verb], apiGroups: [group], resources: [resource] });
  }
  return out;
}

/** Does a broad rule allow a simple one? */
function covers(owner: Rule, one: Rule): boolean {
  const has = (field: (typeof FIELDS)[number]): boolean =>
    (one[field] ?? []).every((value: string) => owner[field]?.includes(value) || owner[field]?.includes('*'));
  if (one.nonResourceURLs) return has('verbs') && has('nonResourceURLs');
  const names = !owner.resourceNames?.length || (one.resourceNames?.length > 0 && has('resourceNames'));
  return has('verbs') && has('apiGroups') && has('resources') && names;
}

/** Simple rules that differ in their verb alone, put together again. */
function compact(rules: Rule[]): Rule[] {
  const out: Rule[] = [];
  for (const rule of rules) {
    const same = out.find((one) => isDeepStrictEqual({ ...one, verbs: 0 }, { ...rule, verbs: 0 }));
    if (same) same.verbs = [...same.verbs, ...rule.verbs];
    else out.push({ ...rule });
  }
  return out;
}

const uncovered = (wanted: Rule[], owners: Rule[]): Rule[] =>
  compact(wanted.flatMap(simple).filter((one) => !owners.some((owner) => covers(owner, one))));

const ruleText = (rule: Rule): string =>
  `{${FIELDS.map((field) => `${field[0]!.toUpperCase()}${field.slice(1)}:[${(rule[field] ?? []).join(' ')}]`)
    .join(' ')
    .replace('Apigroups', 'APIGroups')
    .replace('ApiGroups', 'APIGroups')}}`;
const subjectText = (one: Json): string =>
  `{Kind:${one.kind} APIGroup:${one.apiGroup ?? ''} Name:${one.name} Namespace:${one.namespace ?? ''}}`;

interface Plan {
  operation: '' | 'create' | 'update' | 'recreate';
  object: Json;
  added: string[];
  extra: string[];
  removed: boolean;
}

function planRules(call: Call, wanted: Json, live: Json): Plan {
  const removed = call.flags.bool('remove-extra-permissions');
  const missing = uncovered(wanted.rules ?? [], live?.rules ?? []);
  const extra = live ? uncovered(live.rules ?? [], wanted.rules ?? []) : [];
  if (!live) return { operation: 'create', object: wanted, added: missing.map(ruleText), extra: [], removed };
  const object = { ...live, rules: removed && extra.length > 0 ? wanted.rules : [...(live.rules ?? []), ...missing] };
  const changed = missing.length > 0 || (removed && extra.length > 0);
  return {
    operation: changed ? 'update' : '',
    object,
    added: missing.map(ruleText),
    extra: extra.map(ruleText),
    removed,
  };
}

function planSubjects(call: Call, wanted: Json, live: Json): Plan {
  const removed = call.flags.bool('remove-extra-subjects');
  const [mine, theirs] = [wanted.subjects ?? [], live?.subjects ?? []] as [Json[], Json[]];
  const among = (list: Json[], one: Json): boolean => list.some((other) => subjectText(other) === subjectText(one));
  const missing = mine.filter((one) => !among(theirs, one));
  const extra = theirs.filter((one) => !among(mine, one));
  const texts = { added: missing.map(subjectText), removed };
  if (!live) return { operation: 'create', object: wanted, ...texts, extra: [] };
  if (!isDeepStrictEqual(live.roleRef, wanted.roleRef))
    return { operation: 'recreate', object: wanted, ...texts, extra: extra.map(subjectText) };
  const kept = removed ? theirs.filter((one) => among(mine, one)) : theirs;
  const changed = missing.length > 0 || (removed && extra.length > 0);
  const object = { ...live, subjects: [...kept, ...missing] };
  return { operation: changed ? 'update' : '', object, ...texts, extra: extra.map(subjectText) };
}

async function carryOut(call: Call, info: Info, { operation, object }: Plan): Promise<Json> {
  const collection = pathOf(info.resource, info.namespace);
  const path = pathOf(info.resource, info.namespace, info.name);
  if (operation === '' || dryRunOf(call) === 'client') return object;
  if (operation === 'update') return call.client.json('PUT', path, object);
  if (operation === 'recreate') await call.client.json('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions' });
  return call.client.json('POST', collection, object);
}

/** `auth reconcile`: roles keep or get the permissions of the manifest, bindings its subjects. */
export async function reconcile(call: Call): Promise<void> {
  const { flags } = call;
  if (!hasFiles(call)) throw new KubectlError('must specify one of -f and -k');
  if (dryRunOf(call) === 'server')
    throw new KubectlError('--dry-run=server for command reconcile is not supported yet');
  const errors: Error[] = [];
  const print = await resultPrinter(call, 'reconciled', { typed: true });
  for (const manifest of await readManifests(call)) {
    try {
      const info = await infoOf(call, manifest);
      if (info.resource.group !== 'rbac.authorization.k8s.io') continue;
      const live = await call.client.get(pathOf(info.resource, info.namespace, info.name)).catch((error: Error) => {
        if (!isNotFound(error)) throw error;
      });
      const isRole = /Role$/.test(info.resource.kind);
      const plan = (isRole ? planRules : planSubjects)(call, info.object, live);
      print(await carryOut(call, info, plan), info.resource);
      if (flags.str('output') !== 'name') report(call, plan, isRole ? 'rules' : 'subjects');
    } catch (error) {
      errors.push(error as Error);
    }
  }
  throwIfAny(errors);
}

function report(call: Call, { operation, added, extra, removed }: Plan, what: string): void {
  const list = (title: string, lines: string[]): void => {
    if (lines.length > 0) call.err(`\t${title}:\n${lines.map((line) => `\t\t${line}\n`).join('')}`);
  };
  if (operation === '') return;
  call.err(`\treconciliation required ${operation}\n`);
  list(`missing ${what} added`, added);
  if (removed) list(`extra ${what} removed`, extra);
}
