import { Prng } from '../../../src/core/prng.ts';
import { clone, type Json } from '../../../src/kube/object.ts';
import { Normaliser } from '../../fidelity/lib/normalise.ts';
import { Choice, SUBJECTS, type Subject } from './configurations.ts';

/** What a sequence is played on: one API request. */
export type Send = (
  method: string,
  path: string,
  body?: string,
  headers?: Record<string, string>,
) => Promise<{ status: number; body: string }>;

const MANAGERS = ['alice', 'bob', 'carol'];
const STEPS = 8;
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const MERGE = { 'content-type': 'application/merge-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };

/** What one step showed: the object or the error, without what differs from run to run. */
export interface Outcome {
  step: string;
  status: number;
  result: Json;
}

/** Plays the random sequence of that number: applies, updates, patches and removals of several managers on one object. */
export async function playSequence(number: number, namespace: string, send: Send): Promise<Outcome[]> {
  const random = new Choice(new Prng(`ownership ${number}`));
  const subject = SUBJECTS[number % SUBJECTS.length] as Subject;
  const object = new OneObject(subject, `s${number}`, namespace, random, send);
  const outcomes: Outcome[] = [];
  for (let step = 0; step < STEPS; step++) outcomes.push(await object.step(step === 0));
  return outcomes;
}

class OneObject {
  readonly #subject: Subject;
  readonly #name: string;
  readonly #collection: string;
  readonly #random: Choice;
  readonly #send: Send;
  readonly #normaliser: Normaliser;

  constructor(subject: Subject, name: string, namespace: string, random: Choice, send: Send) {
    this.#subject = subject;
    this.#name = name;
    const root = subject.apiVersion.includes('/') ? '/apis' : '/api';
    this.#collection = `${root}/${subject.apiVersion}/namespaces/${namespace}/${subject.resource}`;
    this.#random = random;
    this.#send = send;
    this.#normaliser = new Normaliser(namespace);
  }

  async step(first: boolean): Promise<Outcome> {
    const manager = this.#random.one(...MANAGERS);
    const fate = this.#random.rng.float();
    const configuration = this.#whole(this.#subject.configuration(this.#random));
    if (first && fate < 0.3)
      return this.#show('create', 'POST', `${this.#collection}?fieldManager=${manager}`, configuration);
    if (first || fate < 0.5) return this.#apply(manager, configuration);
    if (fate < 0.56) return this.#apply(manager, this.#whole({}));
    if (fate < 0.66) return this.#update(manager, configuration);
    if (fate < 0.76) return this.#patch(manager, 'merge', MERGE, configuration);
    if (fate < 0.84) return this.#patch(manager, 'strategic', STRATEGIC, configuration);
    if (fate < 0.9) return this.#remove(manager);
    if (fate < 0.96 && this.#subject.status) return this.#status(manager, this.#subject.status(this.#random));
    return this.#patch(manager, 'drop ownership', MERGE, { metadata: { managedFields: [{}] } });
  }

  #whole(part: Json): Json {
    const { apiVersion, kind } = this.#subject;
    return { apiVersion, kind, ...part, metadata: { ...part.metadata, name: this.#name } };
  }

  get #path(): string {
    return `${this.#collection}/${this.#name}`;
  }

  #apply(manager: string, configuration: Json): Promise<Outcome> {
    const force = this.#random.rng.chance(0.4);
    const query = `fieldManager=${manager}${force ? '&force=true' : ''}`;
    return this.#show(`apply${force ? ' by force' : ''}`, 'PATCH', `${this.#path}?${query}`, configuration, APPLY);
  }

  #patch(manager: string, what: string, headers: Record<string, string>, change: Json): Promise<Outcome> {
    const { apiVersion: _, kind: __, ...body } = change;
    return this.#show(what, 'PATCH', `${this.#path}?fieldManager=${manager}`, body, headers);
  }

  async #update(manager: string, configuration: Json): Promise<Outcome> {
    const current = await this.#current();
    const { apiVersion: _, kind: __, metadata, ...parts } = configuration;
    const next = { ...current, ...parts, metadata: { ...current?.metadata, ...metadata } };
    if (current?.spec && parts.spec) next.spec = { ...current.spec, ...parts.spec };
    return this.#show('update', 'PUT', `${this.#path}?fieldManager=${manager}`, current ? next : configuration);
  }

  /** An update that leaves out something which the object has. */
  async #remove(manager: string): Promise<Outcome> {
    const next = clone((await this.#current()) ?? this.#whole({}));
    for (const holder of [next.metadata?.labels, next.metadata?.annotations, next.data, next.spec?.selector]) {
      if (!holder || holder.matchLabels) continue;
      const key = Object.keys(holder).sort()[0];
      if (key !== undefined) delete holder[key];
    }
    const template = next.template ?? next.spec?.template;
    template?.spec?.containers?.[0]?.env?.pop();
    return this.#show('remove', 'PUT', `${this.#path}?fieldManager=${manager}`, next);
  }

  #status(manager: string, status: Json): Promise<Outcome> {
    const path = `${this.#path}/status?fieldManager=${manager}`;
    if (this.#random.rng.chance(0.5)) return this.#show('apply status', 'PATCH', path, this.#whole({ status }), APPLY);
    return this.#show('merge status', 'PATCH', path, { status }, MERGE);
  }

  async #current(): Promise<Json> {
    const answer = await this.#send('GET', this.#path);
    if (answer.status !== 200) return undefined;
    const object = JSON.parse(answer.body);
    delete object.metadata.resourceVersion;
    return object;
  }

  async #show(
    step: string,
    method: string,
    path: string,
    body: Json,
    headers?: Record<string, string>,
  ): Promise<Outcome> {
    const answer = await this.#send(method, path, JSON.stringify(body), headers);
    const result = this.#normaliser.json(comparable(JSON.parse(answer.body)));
    return { step, status: answer.status, result };
  }
}

/** Causes and entries in an order that does not depend on the second in which they were made, and nothing that controllers write. */
function comparable(object: Json): Json {
  if (object.kind === 'Status') {
    const causes = object.details?.causes && [...object.details.causes].sort(byText);
    return { ...object, details: object.details && { ...object.details, causes } };
  }
  const { status, metadata, ...rest } = object;
  const key = (entry: Json): string =>
    `${entry.manager} ${entry.operation} ${entry.subresource ?? ''} ${entry.apiVersion}`;
  const managedFields = (metadata.managedFields ?? [])
    .filter((entry: Json) => !/controller-manager$/.test(entry.manager))
    .map(({ time: _, ...entry }: Json) => entry)
    .sort((a: Json, b: Json) => (key(a) < key(b) ? -1 : 1));
  return {
    ...rest,
    ...(['Service', 'Ingress'].includes(rest.kind) ? { status } : {}),
    metadata: { ...metadata, managedFields },
  };
}

/** Conflicts of several managers come in no order on the real server. */
function byText(a: Json, b: Json): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
