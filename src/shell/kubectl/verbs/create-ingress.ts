import type { Json } from '../../../kube/object.ts';
import { KubectlError } from '../errors.ts';
import { flag, generator } from './generator.ts';

const RULE =
  /^(?<host>[\w*][\w*\-.]*)?(?<path>\/[^=]*)=(?<service>[a-z0-9][a-z0-9-]*):(?<port>[\w-]+)(?<tls>,tls(=(?<secret>[A-Za-z0-9-]*))?)?$/;

function backend(service: string, port: string): Json {
  return { service: { name: service, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

interface Rule {
  host: string;
  path: Json;
  tls?: { secret: string };
}

function ruleOf(text: string): Rule {
  const found = RULE.exec(text)?.groups;
  if (!found)
    throw new KubectlError(`rule ${text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
  const { host = '', path = '', service = '', port = '', tls, secret = '' } = found;
  const isPrefix = path.endsWith('*');
  return {
    host,
    path: {
      backend: backend(service, port),
      path: isPrefix ? path.slice(0, -1) : path,
      pathType: isPrefix ? 'Prefix' : 'Exact',
    },
    ...(tls ? { tls: { secret } } : {}),
  };
}

/** Rules of one host stand together, hosts in the order of the command line. */
function byHost(rules: Rule[]): Json[] {
  const hosts = new Map<string, Json[]>();
  for (const { host, path } of rules) hosts.set(host, [...(hosts.get(host) ?? []), path]);
  return [...hosts].map(([host, paths]) => ({ ...(host ? { host } : {}), http: { paths } }));
}

/** One entry per secret, the nameless one too; a host stands only in the first that names it. */
function tlsOf(rules: Rule[]): Json[] {
  const secrets = new Map<string, string[]>();
  const placed = new Set<string>();
  for (const { host, tls } of rules) {
    if (!tls || host === '' || placed.has(host)) continue;
    placed.add(host);
    secrets.set(tls.secret, [...(secrets.get(tls.secret) ?? []), host]);
  }
  return [...secrets].map(([secretName, hosts]) => ({ hosts, ...(secretName ? { secretName } : {}) }));
}

export const ingress = generator(
  'ingress',
  ['ing'],
  [flag('rule', 'array'), flag('class', 'string'), flag('default-backend', 'string'), flag('annotation', 'array')],
  (call, name) => {
    const { flags } = call;
    const [rules, fallback] = [flags.list('rule').map(ruleOf), flags.str('default-backend')];
    if (rules.length === 0 && !fallback)
      throw new KubectlError(
        'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
      );
    const annotations = flags.list('annotation').map((pair) => {
      const at = pair.indexOf('=');
      if (at < 0) throw new KubectlError(`annotation ${pair} is invalid and should be in format key=[value]`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
    const [service = '', port = ''] = fallback.split(':');
    if (fallback && !port) throw new KubectlError('default-backend should be in format servicename:serviceport');
    const tls = tlsOf(rules);
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations) } : {}), name },
      spec: {
        ...(fallback ? { defaultBackend: backend(service, port) } : {}),
        ...(flags.str('class') ? { ingressClassName: flags.str('class') } : {}),
        ...(rules.length > 0 ? { rules: byHost(rules) } : {}),
        ...(tls.length > 0 ? { tls } : {}),
      },
      status: { loadBalancer: {} },
    };
  },
);
