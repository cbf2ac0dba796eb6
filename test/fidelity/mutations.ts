// Sends mutated objects of every kind, as dry runs, to a real API server and to the embedded one, and prints where the answers differ:
// tsx test/fidelity/mutations.ts --kubeconfig FILE [--seed TEXT] [--count N] [--filter TEXT] [--updates]
// --updates: the objects exist, and their mutants are sent to replace them.
// What it finds is mended, and where it shows a class of its own becomes a scenario.
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { Prng } from '../../src/core/prng.ts';
import { clone } from '../../src/kube/object.ts';
import { embeddedTarget } from './lib/embedded-target.ts';
import { Normaliser } from './lib/normalise.ts';
import { type Json, loadScenarios } from './lib/scenario.ts';
import { realTarget, type Target } from './lib/target.ts';

const NAMESPACE = 'mutations';
const LONG = 'x'.repeat(300);
const VALUES: Json[] = [
  ...[null, -1, 0, 1, 70000, 1.5, true, false, {}, [], ['x', 'x'], [''], { a: 'b' }, { 'a b': 'c' }, { a: '' }],
  ...['', 'Bad_Name!', 'a', 'a.b', '1', LONG, '5%', '-5', '1Gi', 'http', 'UPPER', 'a/b/c', '10.0.0.1'],
];
/** Differ from run to run, or follow from when things happened. */
const VOLATILE = ['managedFields', 'resourceVersion', 'uid', 'creationTimestamp'];

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    seed: { type: 'string', default: 'mutations' },
    count: { type: 'string', default: '500' },
    filter: { type: 'string', default: 'kinds/' },
    updates: { type: 'boolean', default: false },
  },
});
if (!values.kubeconfig) throw new Error('--kubeconfig is needed: a real cluster to compare with');
const rng = new Prng(values.seed);
const pick = <T>(list: readonly T[]): T => list[rng.int(list.length)] as T;

/** The objects that the scenarios of all kinds create. */
function originals(): { path: string; body: Json }[] {
  const found: { path: string; body: Json }[] = [];
  for (const { steps } of loadScenarios(values.filter))
    for (const step of steps) {
      if (!('request' in step) || step.request.method !== 'POST' || step.request.path.includes('dryRun')) continue;
      const text = JSON.stringify(step.request).replaceAll('$NS', NAMESPACE);
      const { path, body } = JSON.parse(text);
      found.push({ path, body });
    }
  return found;
}

type Path = (string | number)[];

function pathsOf(value: Json, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path];
  const keys = Array.isArray(value) ? value.map((_, at) => at) : Object.keys(value);
  return [path, ...keys.flatMap((key) => pathsOf(value[key], [...path, key]))];
}

/** Changes one place of the object; says how. */
function mutate(object: Json): string {
  const fixed = ['apiVersion', 'kind', 'metadata'];
  const candidates = pathsOf(object).filter(
    (path) => path.length > 1 || (path.length === 1 && !fixed.includes(`${path[0]}`)),
  );
  if (candidates.length === 0) return 'nothing';
  const path = pick(candidates);
  const last = path[path.length - 1] as string;
  let holder = object;
  for (const key of path.slice(0, -1)) holder = holder[key];
  const fate = rng.float();
  if (fate < 0.2) {
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else delete holder[last];
    return `delete ${path.join('.')}`;
  }
  if (fate < 0.3 && Array.isArray(holder)) {
    holder.push(clone(holder[Number(last)]));
    return `duplicate ${path.join('.')}`;
  }
  const value = clone(pick(VALUES));
  holder[last] = value;
  return `${path.join('.')} = ${JSON.stringify(value).slice(0, 30)}`;
}

function withoutVolatile(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutVolatile);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key]) => !VOLATILE.includes(key));
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutVolatile(part as Json)]));
}

async function answerOf(target: Target, method: string, path: string, object: Json): Promise<Json> {
  const { status, body: text, headers } = await target.request(method, path, JSON.stringify(object));
  const normaliser = new Normaliser(NAMESPACE);
  const parsed = JSON.parse(text);
  const shown =
    parsed.kind === 'Status' ? normaliser.text(parsed.message ?? '') : normaliser.json(withoutVolatile(parsed));
  return { status, warning: headers['warning'] ?? '', shown };
}

const [real, ours] = [realTarget(values.kubeconfig, 'kubectl'), await embeddedTarget('mutations')];
for (const target of [real, ours]) {
  await target.request('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: NAMESPACE } }));
  await target.sleep(2_000);
}
const objects = originals();
const current = new Map<Target, Json[]>([
  [real, []],
  [ours, []],
]);
for (const target of values.updates ? [real, ours] : []) {
  for (const { path, body } of objects) {
    await target.request('DELETE', `${path}/${body.metadata.name}`);
    await target.request('POST', path, JSON.stringify(body));
  }
  // Controllers have had their say.
  await target.sleep(5_000);
  for (const { path, body } of objects)
    current.get(target)?.push(JSON.parse((await target.request('GET', `${path}/${body.metadata.name}`)).body));
}
let different = 0;
for (let number = 0; number < Number(values.count); number++) {
  const at = rng.int(objects.length);
  const { path, body } = objects[at] as { path: string; body: Json };
  const mutant = clone(body);
  const changes = Array.from({ length: rng.chance(0.25) ? 2 : 1 }, () => mutate(mutant));
  const query = `dryRun=All${rng.chance(0.2) ? '&fieldValidation=Strict' : ''}`;
  const send = (target: Target): Promise<Json> => {
    if (!values.updates) return answerOf(target, 'POST', `${path}?${query}`, mutant);
    const { resourceVersion } = current.get(target)?.[at]?.metadata ?? {};
    const object = mutant.metadata ? { ...mutant, metadata: { ...mutant.metadata, resourceVersion } } : mutant;
    return answerOf(target, 'PUT', `${path}/${body.metadata.name}?${query}`, object);
  };
  const [want, have] = [await send(real), await send(ours)];
  if (isDeepStrictEqual(want, have)) continue;
  different++;
  const told = [want, have].map((answer) => JSON.stringify(answer).slice(0, 600));
  console.log(`#${number} ${body.kind}: ${changes.join(' & ')}\n  real ${told[0]}\n  ours ${told[1]}`);
}
console.log(`${different} of ${values.count} answers differ`);
for (const { path, body } of values.updates ? objects : [])
  await real.request('DELETE', `${path}/${body.metadata.name}`);
await real.request('DELETE', `/api/v1/namespaces/${NAMESPACE}`);
process.exit(different === 0 ? 0 : 1);
