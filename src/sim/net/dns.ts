import type { Task, Thread } from '../process/task.ts';
import type { Conn, NetNamespace } from './net.ts';
import { NetError } from './net.ts';
import type { DataMessage } from './protocols.ts';

export type DnsType = 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'SRV' | 'TXT' | 'ANY';
export type Rcode = 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'NOTIMP';

/** `data` of a `dns` request message; `op` is `query`. */
export interface DnsQuestion {
  /** With or without the final dot. */
  name: string;
  type: DnsType;
}

/** `data` of a `dns` response message. */
export interface DnsAnswer {
  rcode: Rcode;
  answers: { name: string; type: DnsType; ttl: number; data: string }[];
  authoritative: boolean;
}

export function dnsQuery(question: DnsQuestion): DataMessage {
  return { proto: 'dns', kind: 'request', op: 'query', data: question, bytes: 40 + question.name.length };
}

export function dnsResponse(answer: DnsAnswer): DataMessage {
  return { proto: 'dns', kind: 'response', op: 'query', data: answer, bytes: 60 + 30 * answer.answers.length };
}

/** resolv.conf(5) defaults. */
const TIMEOUT_MS = 5_000;
const ATTEMPTS = 2;

type DialUdp = (th: Thread, ip: string, port: number) => Task<Conn>;

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

export function isAddress(host: string): boolean {
  return IPV4.test(host);
}

/** The names that the resolver tries, in order (search list and ndots). */
export function candidates(host: string, dns: NetNamespace['dns']): string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)];
  const dots = host.split('.').length - 1;
  const searched = dns.searches.map((domain) => `${host}.${domain}`);
  return dots >= dns.ndots ? [host, ...searched] : [...searched, host];
}

/**
 * getaddrinfo for IPv4: literal, hosts file, then the name servers of the namespace, over the network like any other traffic.
 * Throws ENOTFOUND when the servers say that no candidate exists, EAI_AGAIN when they do not answer or fail.
 */
export function* lookup(th: Thread, ns: NetNamespace, host: string, dial: DialUdp): Task<string[]> {
  if (isAddress(host)) return [host];
  if (host === 'localhost') return ['127.0.0.1'];
  const fixed = ns.hosts.get(host);
  if (fixed !== undefined) return [fixed];
  const server = `${ns.dns.nameservers[0] ?? '127.0.0.1'}:53`;
  if (!/^[A-Za-z0-9_]([A-Za-z0-9_.-]*)$/.test(host) || host.length > 253) {
    throw new NetError('ENOTFOUND', { host, dnsServer: server, syscall: 'lookup' });
  }
  let failed = false;
  for (const name of candidates(host, ns.dns)) {
    const failures: NetError[] = [];
    const answer = yield* ask(th, ns, { name, type: 'A' }, dial, TIMEOUT_MS, failures);
    if (!answer) {
      const from = `${ns.ip}:${32_768 + (Math.floor(th.nowUs) % 28_232)}`;
      const dnsFailure = { code: failures.at(-1)?.code ?? 'ETIMEDOUT', from };
      throw new NetError('EAI_AGAIN', { host, dnsServer: server, dnsFailure, syscall: 'lookup' });
    }
    if (answer.rcode === 'SERVFAIL' || answer.rcode === 'REFUSED') failed = true;
    const addresses = answer.answers.filter((record) => record.type === 'A').map((record) => record.data);
    if (addresses.length > 0) return addresses;
  }
  throw new NetError(failed ? 'EAI_AGAIN' : 'ENOTFOUND', { host, dnsServer: server, syscall: 'lookup' });
}

/** Asks the name servers in turn, twice; undefined when none answered, with the reasons in `failures`. */
export function* ask(
  th: Thread,
  ns: NetNamespace,
  question: DnsQuestion,
  dial: DialUdp,
  timeoutMs = TIMEOUT_MS,
  failures: NetError[] = [],
): Task<DnsAnswer | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (const server of ns.dns.nameservers) {
      const answer = yield* askServer(th, server, question, dial, timeoutMs, failures);
      if (answer) return answer;
    }
  }
  return undefined;
}

function* askServer(
  th: Thread,
  server: string,
  question: DnsQuestion,
  dial: DialUdp,
  timeoutMs: number,
  failures: NetError[],
): Task<DnsAnswer | undefined> {
  let conn: Conn | undefined;
  try {
    conn = yield* dial(th, server, 53);
    const response = yield* conn.request(th, dnsQuery(question), { timeoutMs });
    return response.proto === 'dns' ? (response.data as DnsAnswer) : undefined;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    failures.push(error);
    return undefined;
  } finally {
    conn?.close();
  }
}
