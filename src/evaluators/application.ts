import type { Prng } from '../core/prng.ts';

/** What a user of an application expects of it: the operations that are tried, and the state that is compared. */
export interface ApplicationProfile {
  operations: readonly Operation[];
  /** Operations that must have changed what the application keeps. */
  effects: readonly Effect[];
  /** What people and programs with an account of the application may do in its namespace, and may not. */
  access: readonly Access[];
  /** Commands that must fail, e.g. reading a database without its password. */
  locks: readonly Lock[];
  /** Data that outlives every pod. */
  holdings: readonly Holding[];
  /** Commands whose output in a service's pod is part of the application's state, e.g. the users of a database. */
  stateProbes: readonly { service: string; command: readonly string[] }[];
  /** How long a repair may take to show after the submission, and how long it must hold. */
  patience: Patience;
}

/** What the healthy application answered, by path. */
export type Answers = ReadonlyMap<string, string>;

export interface Operation {
  name: string;
  method: 'GET' | 'POST';
  /** `service:port`; the front end unless it is said. */
  at?: string;
  /** Requests, drawn anew each time: nobody can have prepared the answers. */
  draw(random: Prng): readonly Trial[];
}

export interface Trial {
  /** With query. */
  path: string;
  /** 200 unless it is said. */
  status?: number;
  /** Whether the body is what a user would call right. */
  accepts(body: string, before: Answers): boolean;
}

/** A request whose answer never changes. */
export function likeBefore(path: string, status = 200): Trial {
  return { path, status, accepts: (body, before) => body === (before.get(path) ?? body) };
}

export interface Effect {
  name: string;
  method: 'GET' | 'POST';
  draw(random: Prng): Trial & {
    /** Where the change shows: a command in the service's pod, run before and after the request. */
    service: string;
    observe: readonly string[];
    shows(before: string, after: string): boolean;
  };
}

/** A right of a service account. */
export interface Access {
  serviceAccount: string;
  verb: string;
  resource: string;
  group?: string;
  subresource?: string;
  /** It must not have the right. */
  denied?: true;
}

export interface Lock {
  name: string;
  service: string;
  command: readonly string[];
}

/** Amounts of things: the command prints lines `name number`. */
export interface Holding {
  service: string;
  /** The claim of the volume that they lie on. */
  claim: string;
  command: readonly string[];
  /** What users do to the amounts. */
  mayOnly: 'grow' | 'shrink';
}

/** Times of the cluster, ms. */
export interface Patience {
  /** While a container waits out its back-off (the kubelet's longest is 5 minutes), and for clients that reconnect. */
  backOffMs: number;
  /** When nothing is in a back-off. */
  graceMs: number;
  windowMs: number;
}
