import { parseAllDocuments } from 'yaml';
import { byStableText, Normaliser } from './normalise.ts';
import { isCompared, type Json, type RecordedStep, type Scenario, type Step, stepKey } from './scenario.ts';
import type { Target } from './target.ts';

const GROUPS: Record<string, string> = { v1: 'api/v1' };
const CLUSTER_SCOPED = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'StorageClass',
  'ClusterRole',
  'ClusterRoleBinding',
  'PriorityClass',
  'IngressClass',
  'CustomResourceDefinition',
  'RuntimeClass',
  'VolumeAttributesClass',
]);

/** Plays a scenario on a target in a namespace of its own and gives what the compared steps showed, normalised. */
export async function play(scenario: Scenario, target: Target): Promise<RecordedStep[]> {
  const namespace = `fid-${scenario.id.replace(/[^a-z0-9]+/g, '-')}`.slice(0, 60).replace(/-+$/, '');
  const player = new Player(target, namespace);
  await player.open();
  const recorded: RecordedStep[] = [];
  try {
    for (const step of scenario.steps) {
      const result = await player.run(step);
      if (isCompared(step) || result !== undefined) recorded.push({ step: stepKey(step), result });
    }
  } finally {
    await player.close(scenario.cleanup ?? []);
  }
  return recorded;
}

class Player {
  readonly #target: Target;
  readonly #namespace: string;
  readonly #normaliser: Normaliser;
  readonly #remembered = new Map<string, string>();

  constructor(target: Target, namespace: string) {
    this.#target = target;
    this.#namespace = namespace;
    this.#normaliser = new Normaliser(namespace);
  }

  async open(): Promise<void> {
    await this.close([]);
    await this.#target.request(
      'POST',
      '/api/v1/namespaces',
      JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.#namespace } }),
    );
    await this.#until(90_000, async () => {
      const path = `/api/v1/namespaces/${this.#namespace}`;
      const account = await this.#get(`${path}/serviceaccounts/default`);
      return account !== undefined && (await this.#get(`${path}/configmaps/kube-root-ca.crt`)) !== undefined;
    });
  }

  async close(cleanup: string[]): Promise<void> {
    for (const path of cleanup) await this.#target.request('DELETE', this.#fill(path));
    const path = `/api/v1/namespaces/${this.#namespace}`;
    if ((await this.#target.request('GET', path)).status === 404) return;
    const pods = await this.#get(`${path}/pods`);
    for (const pod of pods?.items ?? []) {
      await this.#target.request('DELETE', `${path}/pods/${pod.metadata.name}?gracePeriodSeconds=0`);
    }
    await this.#target.request('DELETE', path);
    await this.#until(120_000, async () => (await this.#target.request('GET', path)).status === 404);
  }

  /** Undefined for steps that show nothing. */
  async run(step: Step): Promise<Json | undefined> {
    if ('request' in step) return this.#request(step);
    if ('watch' in step) return this.#watch(step);
    if ('kubectl' in step) return this.#kubectl(step);
    if ('observe' in step) return this.#observe(this.#fill(step.observe), step.fields);
    if ('events' in step) return this.#events(step.events, step.kind);
    if ('timeline' in step) return this.#timeline(step);
    if ('apply' in step) return this.#apply(step.apply);
    if ('delete' in step) return void (await this.#target.request('DELETE', this.#fill(step.delete)));
    if ('wait' in step) return this.#wait(step);
    if ('remember' in step) {
      const value = pick(await this.#get(this.#fill(step.path)), step.field);
      return void this.#remembered.set(step.remember, String(value ?? ''));
    }
    return void (await this.#target.sleep(step.sleep * 1000));
  }

  async #request(step: Extract<Step, { request: unknown }>): Promise<Json> {
    const { method, path, body, headers } = step.request;
    const text = body === undefined ? undefined : this.#fill(typeof body === 'string' ? body : JSON.stringify(body));
    const answer = await this.#target.request(method, this.#fill(path), text, headers);
    const shownHeaders = Object.fromEntries((step.show ?? []).map((name) => [name, answer.headers[name] ?? null]));
    const head: Json = {
      status: answer.status,
      ...(answer.headers['warning'] ? { warning: this.#normaliser.text(answer.headers['warning']) } : {}),
      ...(step.show ? { headers: shownHeaders } : {}),
    };
    let parsed: Json;
    try {
      parsed = JSON.parse(answer.body);
    } catch {
      return { ...head, text: this.#normaliser.text(answer.body) };
    }
    const shown = step.fields && answer.status < 400 ? pickAll(parsed, step.fields) : parsed;
    return { ...head, body: this.#normaliser.json(shown) };
  }

  async #watch(step: Extract<Step, { watch: unknown }>): Promise<Json> {
    const answer = await this.#target.request('GET', this.#fill(step.watch), undefined, step.headers);
    const lines = answer.body.split('\n').filter((line) => line !== '');
    const events = lines.map((line) => {
      const { type, object, ...rest } = JSON.parse(line);
      if (type === undefined) return this.#normaliser.json(rest);
      const shown = step.fields && type !== 'ERROR' ? pickAll(object, step.fields) : object;
      return { type, object: this.#normaliser.json(shown) };
    });
    return { status: answer.status, events };
  }

  async #kubectl(step: Extract<Step, { kubectl: unknown }>): Promise<Json> {
    const stdin = step.stdin === undefined ? undefined : this.#fill(step.stdin);
    const { stdout, stderr, exitCode } = await this.#target.kubectl(this.#namespace, this.#fill(step.kubectl), stdin);
    const order = (text: string): string => {
      if (step.last) return text.trimEnd().split('\n').at(-1) ?? '';
      return step.sort ? text.split('\n').sort().join('\n') : text;
    };
    if (step.raw) return { exitCode, stdout, stderr };
    return { exitCode, stdout: order(this.#normaliser.table(stdout)), stderr: order(this.#normaliser.table(stderr)) };
  }

  async #observe(path: string, fields?: string[]): Promise<Json> {
    const value = await this.#get(path);
    if (value === undefined) return 'absent';
    if (!Array.isArray(value.items))
      return this.#normaliser.json(fields ? pickAll(value, fields) : withoutManaged(value));
    const items = value.items.map((item: Json) =>
      this.#normaliser.json(fields ? pickAll(item, fields) : withoutManaged(item)),
    );
    return items.sort((a: Json, b: Json) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }

  async #events(prefix: string, kind?: string): Promise<Json> {
    const list = await this.#get(`/api/v1/namespaces/${this.#namespace}/events`);
    const events = list.items.filter(
      (event: Json) =>
        event.involvedObject.name?.startsWith(this.#fill(prefix)) && (!kind || event.involvedObject.kind === kind),
    );
    events.sort((a: Json, b: Json) => byStableText(a.message, b.message));
    const rows = events.map((event: Json) => ({
      kind: event.involvedObject.kind,
      fieldPath: event.involvedObject.fieldPath,
      type: event.type,
      reason: event.reason,
      message: this.#normaliser.text(event.message),
      component: event.reportingComponent || event.source?.component,
    }));
    const unique = new Set<string>(rows.map((row: Json) => JSON.stringify(row)));
    return [...unique].sort().map((row) => JSON.parse(row));
  }

  async #timeline(step: Extract<Step, { timeline: unknown }>): Promise<Json> {
    const { now, sleep, pollMs } = bound(this.#target);
    const startMs = now();
    const seen: Json[] = [];
    let last: string | undefined;
    while (now() - startMs < step.seconds * 1000) {
      const object = await this.#get(this.#fill(step.timeline));
      const fields = [step.field].flat();
      const single = object?.items ? (object.items[0] ?? undefined) : object;
      const value =
        single === undefined
          ? 'absent'
          : this.#normaliser.json(fields.length === 1 ? pick(single, fields[0] as string) : pickAll(single, fields));
      const text = JSON.stringify(value ?? null);
      if (text !== last)
        seen.push(
          step.times
            ? { value: value ?? null, seconds: Math.round((now() - startMs) / 100) / 10, slack: step.slack }
            : (value ?? null),
        );
      last = text;
      if (step.until !== undefined && (text === JSON.stringify(step.until) || text === step.until)) break;
      await sleep(pollMs);
    }
    return seen;
  }

  async #apply(source: string | Json): Promise<undefined> {
    const documents =
      typeof source === 'string'
        ? parseAllDocuments(this.#fill(source)).map((document) => document.toJSON())
        : [JSON.parse(this.#fill(JSON.stringify(source)))];
    for (const object of documents) {
      if (!object) continue;
      const path = collection(object, this.#namespace);
      const answer = await this.#target.request('POST', path, JSON.stringify(object));
      if (answer.status === 409) {
        await this.#target.request(
          'PATCH',
          `${path}/${object.metadata.name}?fieldManager=scenario&force=true`,
          JSON.stringify(object),
          { 'content-type': 'application/apply-patch+yaml' },
        );
      } else if (answer.status >= 400) throw new Error(`apply ${path}: ${answer.body}`);
    }
    return undefined;
  }

  async #wait(step: Extract<Step, { wait: unknown }>): Promise<Json | undefined> {
    const limitMs = (step.seconds ?? 60) * 1000;
    const held = await this.#until(limitMs, async () => {
      const object = await this.#get(this.#fill(step.wait));
      if (step.value === 'absent') return object === undefined;
      if (object === undefined) return false;
      if (step.field === undefined) return true;
      const values = object.items
        ? object.items.map((item: Json) => pick(item, step.field as string))
        : [pick(object, step.field)];
      if (values.length === 0) return false;
      return values.every((value: Json) =>
        step.value === undefined || step.value === '*'
          ? value !== undefined
          : JSON.stringify(value) === JSON.stringify(step.value),
      );
    });
    return held ? undefined : 'timed out';
  }

  async #until(limitMs: number, done: () => Promise<boolean>): Promise<boolean> {
    const { now, sleep, pollMs } = bound(this.#target);
    const end = now() + limitMs;
    for (;;) {
      if (await done()) return true;
      if (now() >= end) return false;
      await sleep(Math.max(pollMs, 200));
    }
  }

  async #get(path: string): Promise<Json | undefined> {
    const answer = await this.#target.request('GET', path);
    return answer.status === 404 ? undefined : JSON.parse(answer.body);
  }

  #fill(text: string): string {
    const filled = text.replaceAll('$NS', this.#namespace);
    return filled.replace(/\$([a-z]\w*)/gi, (match, name) => this.#remembered.get(name) ?? match);
  }
}

function bound(target: Target) {
  return { now: () => target.now(), sleep: (ms: number) => target.sleep(ms), pollMs: target.pollMs };
}

function collection(object: Json, namespace: string): string {
  const base = GROUPS[object.apiVersion] ?? `apis/${object.apiVersion}`;
  const plural = pluralOf(object.kind);
  return CLUSTER_SCOPED.has(object.kind)
    ? `/${base}/${plural}`
    : `/${base}/namespaces/${object.metadata.namespace ?? namespace}/${plural}`;
}

function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower === 'endpoints') return lower;
  if (lower.endsWith('y') && !lower.endsWith('ay')) return `${lower.slice(0, -1)}ies`;
  return lower.endsWith('s') ? `${lower}es` : `${lower}s`;
}

/** Dotted path with `[n]`, and `[]` for all items of a list; `\.` is a dot inside a key. */
export function pick(value: Json, path: string): Json {
  const parts = path.match(/(?:\\.|[^.[\]])+|\[\d*\]/g) ?? [];
  let current = value;
  for (const [index, part] of parts.entries()) {
    if (current === undefined || current === null) return undefined;
    if (part === '[]')
      return current.map((item: Json) =>
        index + 1 < parts.length ? pick(item, parts.slice(index + 1).join('.')) : item,
      );
    current = part.startsWith('[') ? current[Number(part.slice(1, -1))] : current[part.replaceAll('\\.', '.')];
  }
  return current;
}

function pickAll(value: Json, fields: string[]): Json {
  return Object.fromEntries(fields.map((field) => [field, pick(value, field) ?? null]));
}

/** managedFields are compared where a scenario asks for them by field. */
function withoutManaged(object: Json): Json {
  if (!object.metadata) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
