import type { Json } from './scenario.ts';

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;
const RFC1123 =
  /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g;
const POD_IP = /\b10\.244\.\d{1,3}\.\d{1,3}\b/g;
const SERVICE_IP = /\b10\.(?:96|97|98|99|1[01]\d)\.\d{1,3}\.\d{1,3}\b/g;
const NODE_IP = /\b(?:192\.0\.2\.\d+|172\.18\.0\.\d+)\b/g;
const NODE = /\b(?:node-1|kind-worker2|kind-worker|kind-control-plane)\b/g;
const LONG_HEX = /\b[0-9a-f]{64}\b/g;
const NODE_PORT = /(?<=[ :])3[0-2]\d{3}(?=\/(?:TCP|UDP|SCTP))|(?<=nodePort: )3[0-2]\d{3}\b/g;
const CA_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----(?:\\n|\n)?/g;
/** The oracle's binary holds all components, so that its clients have shorter names. */
const CONTROLLER_MANAGER = /(?<![\w-])controller-manager\b/g;
const SHORT_NAMES = new Set(['scheduler']);
/** Resource versions that messages name. */
const VERSION_IN_TEXT =
  /((?:\bresource version: |\bResourceVersion: |\bcurrent: |Resource Version: +|\\"resourceVersion\\":\\"|\bresourceVersion: "|\bthe ResourceVersion in record \())\d{2,}\b/g;
/** `-<template hash>-<suffix>` and `-<suffix>` of generated names, in Kubernetes' vowel-free alphabet. */
const HASHED_NAME = /(?<=[a-z0-9])-[bcdf-hj-np-tv-z2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;
const HASH = /(?<=[a-z0-9=" ]-?)\b[bcdf-hj-np-tv-z2456789]{8,10}\b/g;
const SUFFIX = /(?<=[a-z0-9])-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;
const EVENT_SUFFIX = /\.[0-9a-f]{16}\b/g;
/** The runtime's name of an image: with the repository's digest when it was pulled, without when it was loaded by hand. */
const IMAGE_ID = /(?:[\w.-]+(?:\/[\w.-]+)+@)?sha256:[0-9a-f]{64}/g;
/** The cluster's DNS server. */
const DNS = /(?<=nameserver |Server:\t\t|Address:\t)(?:10\.96\.0\.10|10\.244\.\d+\.\d+)(?=:53|\s)/g;
const AGE = /(?<![\w.-])(?:\d+y)?(?:\d+d)?(?:\d+h)?(?:\d+m)?\d+(?:s|ms|m|h|d)\b(?= ago|\)|\s|$)/g;

const GO_TIME = /\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g;
/** How often an event was repeated depends on the moment. */
const REPEATED = / \(x\d+ over <age>\)/g;
const EVENTS_HEAD = /^Events:\n {2}Type .*\n {2}---- .*\n/m;

/** A text without what normalisation numbers in order of appearance: by it, things are ordered before they are numbered. */
export function withoutGenerated(text: string): string {
  return text.replace(UUID, '').replace(HASHED_NAME, '').replace(SUFFIX, '').replace(HASH, '');
}

/** Orders by {@link withoutGenerated}; equal texts keep their order. */
export function byStableText(a: string, b: string): number {
  return order(withoutGenerated(a), withoutGenerated(b));
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Orders the events that describe appends, by the parts that do not differ from run to run and then by the whole. */
function sortedEvents(text: string): string {
  const head = EVENTS_HEAD.exec(text);
  if (!head) return text;
  const start = head.index + head[0].length;
  const found = /\n(?! {2}\S)/.exec(text.slice(start));
  const end = found ? start + found.index : text.length;
  const squeezed = (row: string): string =>
    row
      .trim()
      .replace(AGE, '')
      .replace(/\(x\d+ over *\)/, '')
      .replace(/\s+/g, ' ');
  const rows = text.slice(start, end).split('\n');
  const keyed = rows.map((row) => ({ row, whole: squeezed(row), key: withoutGenerated(squeezed(row)) }));
  keyed.sort((a, b) => order(a.key, b.key) || order(a.whole, b.whole));
  const distinct = keyed.filter(({ whole }, index) => whole !== keyed[index - 1]?.whole);
  return text.slice(0, start) + distinct.map(({ row }) => row).join('\n') + text.slice(end);
}

/**
 * Makes results of two clusters comparable: what differs from run to run becomes a numbered reference, so that identity survives
 * (the same uid twice is the same reference twice). One instance per scenario run.
 */
export class Normaliser {
  readonly #seen = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** A JSON value: volatile fields by name, texts by pattern. Keys are sorted. */
  json(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map((item) => this.json(item));
    const out: Record<string, Json> = {};
    for (const key of Object.keys(value).sort()) out[this.text(key)] = this.#field(key, value[key]);
    return out;
  }

  #field(key: string, value: Json): Json {
    switch (key) {
      case 'resourceVersion':
        return '<version>';
      case 'continue':
        return value === '' ? '' : '<continue>';
      case 'columnDefinitions':
        // The texts of the API's documentation are not carried over.
        return this.json(value).map((column: Json) => ({ ...column, description: '<text>' }));
      case 'imageID':
      case 'containerID':
        return value === '' ? '' : `<${key}>`;
      case 'nodePort':
      case 'healthCheckNodePort':
        return value === 0 ? 0 : this.#reference('port', String(value));
      case 'manager':
        return typeof value === 'string'
          ? `${SHORT_NAMES.has(value) ? 'kube-' : ''}${this.text(value)}`
          : this.json(value);
      case 'nodeInfo':
      case 'images':
        return `<${key}>`;
      default:
        return this.json(value);
    }
  }

  /** Free text: kubectl's output, messages. */
  text(text: string): string {
    return text
      .replaceAll(this.#namespace, '<ns>')
      .replace(IMAGE_ID, '<image-id>')
      .replace(DNS, '<dns>')
      .replace(UUID, (match) => this.#reference('uid', match))
      .replace(LONG_HEX, (match) => this.#reference('id', match))
      .replace(TIME, (match) => (match.startsWith('1970-01-01T00:00:00') ? match : '<time>'))
      .replace(RFC1123, (match) => (match.includes('1970') ? match : '<time>'))
      .replace(POD_IP, (match) => this.#reference('podip', match))
      .replace(SERVICE_IP, (match) =>
        match === '10.96.0.1' || match === '10.96.0.10' ? match : this.#reference('clusterip', match),
      )
      .replace(VERSION_IN_TEXT, '$1<version>')
      .replace(NODE_PORT, (match) => this.#reference('port', match))
      .replace(CA_CERTIFICATE, '<certificate>')
      .replace(CONTROLLER_MANAGER, 'kube-controller-manager')
      .replace(NODE_IP, '<nodeip>')
      .replace(NODE, '<node>')
      .replace(EVENT_SUFFIX, '.<event>')
      .replace(HASHED_NAME, (match) => `-${this.#reference('pod', match)}`)
      .replace(SUFFIX, (match) => `-${this.#reference('suffix', match)}`)
      .replace(HASH, (match) => (/\d/.test(match) ? this.#reference('hash', match) : match));
  }

  /**
   * Tables of kubectl: ages vanish, runs of blanks shrink, because column widths follow the values. The events that describe
   * appends are put in order, since those of one second come in any;
   * equal rows count once, because how often something is tried again depends on the moment.
   */
  table(text: string): string {
    return sortedEvents(this.text(sortedEvents(text)))
      .replace(AGE, '<age>')
      .replace(REPEATED, '')
      .replace(GO_TIME, '<time>')
      .split('\n')
      .map((line) => (/ {2,}/.test(line.trim()) ? line.replace(/(\S) {2,}/g, '$1  ').trimEnd() : line.trimEnd()))
      .join('\n');
  }

  #reference(kind: string, value: string): string {
    const key = `${kind} ${value}`;
    const known = this.#seen.get(key);
    if (known) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const reference = `<${kind}-${count}>`;
    this.#seen.set(key, reference);
    return reference;
  }
}
