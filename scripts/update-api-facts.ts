// Brings src/kube/k8s-api-v1.35.data.json up to a real API server: tsx scripts/update-api-facts.ts --openapi FILE --discovery FILE... --proto DIR...
// FILE: `kubectl get --raw /openapi/v2` and `kubectl get --raw /apis/<group>/<version>` (or /api/v1) of a real server; DIR: folders that hold
// its generated.proto files. Facts only: descriptions are left out. Short names and categories come from discovery.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Json } from '../src/kube/object.ts';

const TARGET = 'src/kube/k8s-api-v1.35.data.json';
type Node = Json;

const { values } = parseArgs({
  options: {
    openapi: { type: 'string' },
    discovery: { type: 'string', multiple: true, default: [] },
    proto: { type: 'string', multiple: true, default: [] },
  },
});
if (!values.openapi) throw new Error('--openapi is needed: the output of `kubectl get --raw /openapi/v2`');

const data: Node = JSON.parse(readFileSync(TARGET, 'utf8'));
const read = (file: string): Node => JSON.parse(readFileSync(file, 'utf8'));
const sorted = (map: Node): Node => Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
const typeName = (definition: string): string => definition.replace(/^io\.k8s\./, '');

/** A definition without texts, references by the data file's names. */
function facts(node: Node): Node {
  const out: Node = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === 'description' || key === 'x-kubernetes-group-version-kind' || key === 'default') continue;
    if (key === '$ref') out.ref = typeName(String(value).replace('#/definitions/', ''));
    else if (key === 'properties') out.properties = sorted(mapValues(value, facts));
    else if (key === 'items' || key === 'additionalProperties') out[key] = facts(value);
    else out[key] = value;
  }
  return sorted(out);
}

function mapValues(map: Node, change: (value: Json) => Json): Node {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value as Json)]));
}

const definitions = read(values.openapi).definitions as Node;
const isList = (definition: Node): boolean =>
  'items' in (definition.properties ?? {}) &&
  'metadata' in definition.properties &&
  /List$/.test(definition['x-kubernetes-group-version-kind']?.[0]?.kind ?? '');

function updateTypes(): void {
  const types: Node = {};
  for (const [name, definition] of Object.entries(definitions))
    if (!isList(definition)) types[typeName(name)] = facts(definition);
  for (const name of Object.keys(types))
    if (/^apimachinery\.pkg\.(version|apis\.meta\.v1\.(API|Group|Server|Patch|Watch))/.test(name)) delete types[name];
  data.types = sorted(types);
}

function updateResources(): void {
  for (const file of values.discovery) {
    const list = read(file);
    const known: Node = data.groupVersions[list.groupVersion] ?? {};
    const resources: Node = {};
    for (const entry of list.resources as Node[]) {
      const [resource, subresource] = entry.name.split('/');
      if (subresource) {
        const { kind, verbs, group, version } = entry;
        const [ownGroup, ownVersion] = list.groupVersion.includes('/')
          ? list.groupVersion.split('/')
          : ['', list.groupVersion];
        resources[resource].subresources = {
          ...resources[resource].subresources,
          [subresource]: {
            ...((group ?? ownGroup) && { group: group ?? ownGroup }),
            version: version ?? ownVersion,
            kind,
            verbs,
          },
        };
        continue;
      }
      const { kind, singularName, namespaced, shortNames, categories, verbs } = entry;
      resources[resource] = {
        kind,
        singular: singularName,
        namespaced,
        shortNames,
        categories,
        verbs,
        type: known[resource]?.type ?? typeOf(list.groupVersion, kind),
      };
    }
    data.groupVersions[list.groupVersion] = resources;
  }
}

function typeOf(groupVersion: string, kind: string): string {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  for (const [name, definition] of Object.entries(definitions))
    for (const one of (definition as Json)['x-kubernetes-group-version-kind'] ?? [])
      if (one.group === group && one.version === version && one.kind === kind) return typeName(name);
  throw new Error(`no definition of ${groupVersion} ${kind}`);
}

function protoFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('generated.proto'))
    .map((file) => join(folder, file));
}

/** `repeated<T>`, `map<K,V>` or T; T a scalar or the full name of a message. */
function fullType(text: string, from: string): string {
  const full = (type: string): string =>
    type.startsWith('.') ? type.slice(1) : /^[A-Z]/.test(type) ? `${from}.${type}` : type;
  const type = text.trim().replace(/^optional\s+/, '');
  const map = /^map<([^,]+),\s*([^>]+)>$/.exec(type);
  if (map) return `map<${full(map[1] ?? '')},${full(map[2] ?? '')}>`;
  const repeated = /^repeated\s+(.+)$/.exec(type);
  return repeated ? `repeated<${full(repeated[1] ?? '')}>` : full(type);
}

/** Field numbers and types of the messages whose package is already known or that a served type needs. */
function updateMessages(): void {
  const packages = new Set(Object.keys(data.protobuf).map((name) => name.replace(/\.[^.]+$/, '')));
  for (const gv of Object.keys(data.groupVersions))
    if (gv.includes('.k8s.io/')) packages.add(`k8s.io.api.${gv.replace('.k8s.io/', '.')}`);
  const messages: Node = {};
  for (const file of values.proto.flatMap(protoFiles)) {
    const text = readFileSync(file, 'utf8').replace(/\/\/.*$/gm, '');
    const name = /^package ([\w.]+);/m.exec(text)?.[1] ?? '';
    if (!packages.has(name)) continue;
    for (const [, message, body] of text.matchAll(/^message (\w+) \{([\s\S]*?)^\}/gm)) {
      const fields: Node = {};
      for (const [, type, field, number] of (body ?? '').matchAll(
        /^\s*((?:optional|repeated)?\s*(?:map<[^>]+>|[\w.]+))\s+(\w+)\s*=\s*(\d+)/gm,
      ))
        fields[field as string] = [Number(number), fullType(type as string, name)];
      messages[`${name}.${message}`] = fields;
    }
  }
  const known = Object.keys(data.protobuf);
  const order = [
    ...known.filter((name) => messages[name]),
    ...Object.keys(messages).filter((name) => !known.includes(name)),
  ];
  if (order.length > 0) data.protobuf = Object.fromEntries(order.map((name) => [name, messages[name]]));
}

updateResources();
updateTypes();
updateMessages();
writeFileSync(TARGET, `${JSON.stringify(data, null, 1)}\n`);
