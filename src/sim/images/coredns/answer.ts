import { type DnsAnswer, type DnsQuestion, dnsQuery } from '../../net/dns.ts';
import { NetError } from '../../net/net.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { type Directive, inZone, normal, type ServerBlock } from './corefile.ts';
import type { ClusterRecords } from './records.ts';

const NXDOMAIN: DnsAnswer = { rcode: 'NXDOMAIN', answers: [], authoritative: true };
const SERVFAIL: DnsAnswer = { rcode: 'SERVFAIL', answers: [], authoritative: false };
const CNAME_DEPTH_MAX = 8;

export interface Resolver {
  os: Os;
  records: ClusterRecords;
  blocks(): readonly ServerBlock[];
}

/** Answers a question with the plugins of the server block of the longest matching zone, in CoreDNS's plugin order. */
export function* answer(resolver: Resolver, th: Thread, question: DnsQuestion, depth = 0): Task<DnsAnswer> {
  const name = normal(question.name);
  let best: ServerBlock | undefined;
  let length = -1;
  for (const block of resolver.blocks()) {
    for (const zone of block.zones) {
      if (inZone(name, zone) && zone.length > length) {
        best = block;
        length = zone.length;
      }
    }
  }
  if (!best) return { rcode: 'REFUSED', answers: [], authoritative: false };
  const asked = rewrite(best, name);
  const result = yield* plugins(resolver, best, th, { ...question, name: asked });
  const alias = result.answers.find((record) => record.type === 'CNAME');
  if (
    alias &&
    question.type !== 'CNAME' &&
    depth < CNAME_DEPTH_MAX &&
    !result.answers.some((record) => record.type === 'A')
  ) {
    const target = yield* answer(resolver, th, { ...question, name: alias.data }, depth + 1);
    result.answers.push(...target.answers);
  }
  if (asked !== name) for (const record of result.answers) if (record.name === asked) record.name = name;
  if (best.plugins.some((plugin) => plugin.name === 'loadbalance')) shuffle(resolver.os, result);
  return result;
}

function* plugins(resolver: Resolver, block: ServerBlock, th: Thread, question: DnsQuestion): Task<DnsAnswer> {
  const of = (name: string): Directive[] => block.plugins.filter((plugin) => plugin.name === name);
  for (const template of of('template')) {
    const rcode = templateAnswer(template, question);
    if (rcode) return { rcode, answers: [], authoritative: true };
  }
  for (const hosts of of('hosts')) {
    const found = hosts.block.filter((words) => words.slice(1).map(normal).includes(question.name));
    if (found.length > 0) {
      const answers = found.map((words) => ({
        name: question.name,
        type: 'A' as const,
        ttl: 3600,
        data: words[0] as string,
      }));
      return { rcode: 'NOERROR', answers: question.type === 'A' ? answers : [], authoritative: true };
    }
  }
  for (const plugin of of('kubernetes')) {
    const result = kubernetes(resolver, plugin, question);
    if (result) return result;
  }
  for (const forward of of('forward')) {
    if (inZone(question.name, normal(forward.args[0] ?? '.'))) return yield* forwarded(resolver, forward, th, question);
  }
  return block.plugins.some((plugin) => plugin.name === 'kubernetes')
    ? { ...SERVFAIL }
    : { ...SERVFAIL, rcode: 'REFUSED' };
}

function kubernetes(resolver: Resolver, plugin: Directive, question: DnsQuestion): DnsAnswer | undefined {
  const zones = plugin.args.map(normal);
  const zone = zones.find((candidate) => inZone(question.name, candidate) && !candidate.endsWith('.arpa'));
  const option = (name: string): string | undefined => plugin.block.find((words) => words[0] === name)?.[1];
  const ttl = Number(option('ttl') ?? 5);
  const through = plugin.block.some((words) => words[0] === 'fallthrough');
  if (zone === undefined) {
    const reverse = zones.some((candidate) => candidate.endsWith('.arpa') && inZone(question.name, candidate));
    if (!reverse || question.type !== 'PTR') return undefined;
    const ip = question.name
      .replace(/\.in-addr\.arpa$/, '')
      .split('.')
      .reverse()
      .join('.');
    const names = resolver.records.reverse(
      ip,
      zones.find((candidate) => !candidate.endsWith('.arpa')) ?? 'cluster.local',
    );
    if (names.length === 0)
      return through ? undefined : { ...(resolver.records.synced ? NXDOMAIN : SERVFAIL), answers: [] };
    return {
      rcode: 'NOERROR',
      answers: names.map((data) => ({ name: question.name, type: 'PTR', ttl, data })),
      authoritative: true,
    };
  }
  const before = question.name === zone ? [] : question.name.slice(0, -zone.length - 1).split('.');
  const answers = resolver.records.lookup(before, zone, question.type, ttl, option('pods') ?? 'disabled');
  if (answers) return { rcode: 'NOERROR', answers, authoritative: true };
  const zonesThrough =
    plugin.block
      .find((words) => words[0] === 'fallthrough')
      ?.slice(1)
      .map(normal) ?? [];
  const falls =
    through && (zonesThrough.length === 0 || zonesThrough.some((candidate) => inZone(question.name, candidate)));
  if (falls) return undefined;
  return { ...(resolver.records.synced ? NXDOMAIN : SERVFAIL), answers: [] };
}

/** `template IN A zone { rcode NXDOMAIN }` with an optional `match` expression. */
function templateAnswer(plugin: Directive, question: DnsQuestion): DnsAnswer['rcode'] | undefined {
  const [, type = 'ANY', ...zones] = plugin.args;
  if (type !== 'ANY' && type !== question.type) return undefined;
  if (zones.length > 0 && !zones.some((zone) => inZone(question.name, normal(zone)))) return undefined;
  const match = plugin.block.find((words) => words[0] === 'match');
  if (match && !match.slice(1).some((source) => new RegExp(source.replace(/^"|"$/g, '')).test(`${question.name}.`)))
    return undefined;
  return plugin.block.find((words) => words[0] === 'rcode')?.[1] as DnsAnswer['rcode'] | undefined;
}

function rewrite(block: ServerBlock, name: string): string {
  for (const { name: plugin, args } of block.plugins) {
    if (plugin !== 'rewrite') continue;
    const words = args.filter((word) => word !== 'stop' && word !== 'continue');
    if (words[0] !== 'name') continue;
    const kind = ['exact', 'prefix', 'suffix', 'substring', 'regex'].includes(words[1] ?? '') ? words[1] : 'exact';
    const [from = '', to = ''] = words.slice(kind === words[1] ? 2 : 1).map(normal);
    if (kind === 'exact' && name === from) return to;
    if (kind === 'suffix' && name.endsWith(from)) return name.slice(0, name.length - from.length) + to;
    if (kind === 'prefix' && name.startsWith(from)) return to + name.slice(from.length);
    if (kind === 'substring' && name.includes(from)) return name.replace(from, to);
    if (kind === 'regex' && new RegExp(from).test(name))
      return name.replace(new RegExp(from), to.replace(/\{(\d)\}/g, '$$$1'));
  }
  return name;
}

/** The world outside: the node's own resolver says that nothing exists; other servers are asked over the network. */
function* forwarded(resolver: Resolver, plugin: Directive, th: Thread, question: DnsQuestion): Task<DnsAnswer> {
  for (const target of plugin.args.slice(1)) {
    if (target.startsWith('/')) return { ...NXDOMAIN, answers: [], authoritative: false };
    const [ip = '', port = '53'] = target.replace(/^(dns|tls):\/\//, '').split(':');
    try {
      const conn = yield* resolver.os.dial(th, ip, Number(port), { transport: 'udp' });
      const response = yield* conn.request(th, dnsQuery(question), { timeoutMs: 2_000 });
      conn.close();
      if (response.proto === 'dns') return response.data as DnsAnswer;
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      const reason = error.code === 'ECONNREFUSED' ? 'connection refused' : 'i/o timeout';
      resolver.os.stdout.write(
        `[ERROR] plugin/errors: 2 ${question.name}. ${question.type}: read udp ${resolver.os.address}:${40000 + resolver.os.rng.int(20000)}->${ip}:${port}: ${reason}\n`,
      );
    }
  }
  return { ...SERVFAIL, answers: [] };
}

function shuffle(os: Os, result: DnsAnswer): void {
  const { answers } = result;
  for (let i = answers.length - 1; i > 0; i--) {
    const j = os.rng.int(i + 1);
    [answers[i], answers[j]] = [answers[j] as (typeof answers)[number], answers[i] as (typeof answers)[number]];
  }
}
