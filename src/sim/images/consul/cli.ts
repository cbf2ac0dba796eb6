import { NetError } from '../../net/net.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';

/** Columns as consul's CLI pads them: two blanks between. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((r) => (r[i] ?? '').length)));
  return rows.map((r) => `${r.map((c, i) => (i === r.length - 1 ? c : c.padEnd(widths[i]!))).join('  ')}\n`).join('');
}

function* api(os: Os, method: string, path: string, body = ''): Task<HttpResponse | string> {
  const address = (os.env['CONSUL_HTTP_ADDR'] ?? '127.0.0.1:8500').replace(/^https?:\/\//, '');
  const [host = '127.0.0.1', port = '8500'] = address.split(':');
  try {
    const conn = yield* os.dial(os.main, host, Number(port));
    return yield* conn.request<HttpResponse>(os.main, {
      proto: 'http',
      kind: 'request',
      method,
      path,
      headers: { host: address },
      body,
    });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return `${method === 'GET' ? 'Get' : 'Put'} "http://${address}${path}": dial tcp ${host}:${port}: connect: connection refused`;
  }
}

interface Member {
  Name: string;
  Addr: string;
  Port: number;
  Tags: { build: string; dc: string };
}

/** The client commands of the binary; exit code. */
export function* cli(os: Os, args: readonly string[], version: string): Task<number> {
  const say = (text: string): number => {
    os.stdout.write(text);
    return 0;
  };
  const fail = (text: string): number => {
    os.stderr.write(`${text}\n`);
    return 1;
  };
  const get = (path: string): Task<HttpResponse | string> => api(os, 'GET', path);
  const [command = '', sub = ''] = args;
  if (command === 'version' || command === '--version' || command === '-v') {
    return say(
      `Consul v${version}\nRevision 62d2b8d4\nBuild Date 2025-01-03T14:38:40Z\nProtocol 2 spoken by default, understands 2 to 3 (agent will automatically use protocol >2 when speaking to compatible agents)\n\n`,
    );
  }
  if (command === 'members') {
    const answer = yield* get('/v1/agent/members?segment=_all');
    if (typeof answer === 'string') return fail(`Error retrieving members: ${answer}`);
    const rows = (JSON.parse(answer.body) as Member[]).map((m) => [
      m.Name,
      `${m.Addr}:${m.Port}`,
      'alive',
      'server',
      m.Tags.build.split(':')[0] as string,
      '2',
      m.Tags.dc,
      'default',
      '<all>',
    ]);
    return say(
      table([['Node', 'Address', 'Status', 'Type', 'Build', 'Protocol', 'DC', 'Partition', 'Segment'], ...rows]),
    );
  }
  if (command === 'catalog' && sub === 'services') {
    const answer = yield* get('/v1/catalog/services');
    if (typeof answer === 'string') return fail(`Error listing services: ${answer}`);
    return say(
      Object.keys(JSON.parse(answer.body) as object)
        .map((n) => `${n}\n`)
        .join(''),
    );
  }
  if (command === 'catalog' && sub === 'nodes') {
    const answer = yield* get('/v1/catalog/nodes');
    if (typeof answer === 'string') return fail(`Error listing nodes: ${answer}`);
    const rows = (JSON.parse(answer.body) as { Node: string; ID: string; Address: string; Datacenter: string }[]).map(
      (n) => [n.Node, n.ID.slice(0, 8), n.Address, n.Datacenter],
    );
    return say(table([['Node', 'ID', 'Address', 'DC'], ...rows]));
  }
  if (command === 'catalog' && sub === 'datacenters') return say('dc1\n');
  if (command === 'kv') return yield* kv(os, args.slice(1), say, fail);
  if (command === 'services' && sub === 'deregister') {
    const id = args.find((a) => a.startsWith('-id='))?.slice(4) ?? '';
    const answer = yield* api(os, 'PUT', `/v1/agent/service/deregister/${encodeURIComponent(id)}`);
    if (typeof answer === 'string') return fail(`Error deregistering service "${id}": ${answer}`);
    if (answer.status !== 200)
      return fail(`Error deregistering service "${id}": Unexpected response code: ${answer.status} (${answer.body})`);
    return say(`Deregistered service: ${id}\n`);
  }
  os.stderr.write(
    `Usage: consul [--version] [--help] <command> [<args>]\n\nAvailable commands are:\n    agent          Runs a Consul agent\n    catalog        Interact with the catalog\n    kv             Interact with the key-value store\n    members        Lists the members of a Consul cluster\n    services       Interact with services\n    version        Prints the Consul version\n\n`,
  );
  return 127;
}

function* kv(os: Os, args: readonly string[], say: (t: string) => number, fail: (t: string) => number): Task<number> {
  const [verb = '', key = '', value = ''] = args;
  const path = `/v1/kv/${key}`;
  if (verb === 'get') {
    const answer = yield* api(os, 'GET', `${path}?raw`);
    if (typeof answer === 'string') return fail(`Error querying Consul agent: ${answer}`);
    return answer.status === 404 ? fail(`Error! No key exists at: ${key}`) : say(`${answer.body}\n`);
  }
  if (verb === 'put' || verb === 'delete') {
    const answer = yield* api(os, verb === 'put' ? 'PUT' : 'DELETE', path, value);
    if (typeof answer === 'string') return fail(`Error! Failed writing data: ${answer}`);
    return say(verb === 'put' ? `Success! Data written to: ${key}\n` : `Success! Deleted key: ${key}\n`);
  }
  return fail('Usage: consul kv <subcommand> [options] [args]');
}
