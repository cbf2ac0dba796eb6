import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import { loadConfig } from '../config.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit } from '../errors.ts';
import { kyaml } from '../printers/kyaml.ts';
import { tableWriter } from '../tabwriter.ts';
import { CLIENT_VERSION } from '../version.ts';
import { clusterDump } from './dump.ts';

function noArgs(call: Call): void {
  if (call.args.length > 0)
    throw new KubectlExit(
      `error: unexpected arguments: [${call.args.join(' ')}]\nSee '${call.command} -h' for help and examples`,
    );
}

async function resources(call: Call): Promise<void> {
  noArgs(call);
  const { flags } = call;
  const format = flags.str('output');
  if (!['', 'name', 'wide', 'json', 'yaml', 'kyaml'].includes(format))
    throw new KubectlError(
      `unable to match a printer suitable for the output format ${JSON.stringify(format)}, allowed formats are: json,kyaml,name,wide,yaml`,
    );
  if (!['', 'name', 'kind'].includes(flags.str('sort-by')))
    throw new KubectlError('--sort-by accepts only name or kind');
  const verbs = flags.list('verbs');
  const categories = flags.list('categories');
  const list = (await call.client.resources()).filter(
    (r, at, all) =>
      all.findIndex((one) => one.group === r.group && one.name === r.name) === at &&
      (!flags.changed.has('namespaced') || r.namespaced === flags.bool('namespaced')) &&
      (!flags.changed.has('api-group') || r.group === flags.str('api-group')) &&
      verbs.every((verb) => r.verbs.includes(verb)) &&
      categories.every((category) => r.categories.includes(category)) &&
      r.verbs.length > 0,
  );
  const by = flags.str('sort-by');
  const key = (r: (typeof list)[number]): string =>
    by === 'kind' ? r.kind : by === 'name' ? r.name : `${r.group}\0${r.name}`;
  list.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  const full = (r: (typeof list)[number]): string => (r.group ? `${r.name}.${r.group}` : r.name);
  if (flags.str('output') === 'name') return call.out(list.map((r) => `${full(r)}\n`).join(''));
  if (['json', 'yaml', 'kyaml'].includes(format)) {
    const resources = list.map((r) => ({
      name: r.name,
      singularName: r.singular,
      namespaced: r.namespaced,
      ...(r.group ? { group: r.group } : {}),
      version: r.version,
      kind: r.kind,
      verbs: r.verbs,
      ...(r.shortNames.length > 0 ? { shortNames: r.shortNames } : {}),
      ...(r.categories.length > 0 ? { categories: r.categories } : {}),
    }));
    const all = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: '', resources };
    if (format === 'yaml') return call.out(goYaml(all));
    return call.out(format === 'json' ? `${JSON.stringify(all, null, 4)}\n` : kyaml(all, Object.keys));
  }
  const wide = format === 'wide';
  const writer = tableWriter();
  if (!flags.bool('no-headers'))
    writer.write(`NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND${wide ? '\tVERBS\tCATEGORIES' : ''}\n`);
  for (const r of list)
    writer.write(
      `${r.name}\t${r.shortNames.join(',')}\t${r.groupVersion}\t${r.namespaced}\t${r.kind}${wide ? `\t${r.verbs.join(',')}\t${r.categories.join(',')}` : ''}\n`,
    );
  call.out(writer.take());
}

async function versions(call: Call): Promise<void> {
  noArgs(call);
  const found = new Set((await call.client.resources()).map((r) => r.groupVersion));
  call.out(
    [...found]
      .sort()
      .map((one) => `${one}\n`)
      .join(''),
  );
}

const CLIENT: Json = {
  major: '1',
  minor: '35',
  gitVersion: CLIENT_VERSION,
  gitCommit: 'fdc9d74cbf2da6754ebf81d56f80ae2948cd6425',
  gitTreeState: 'clean',
  buildDate: '2026-02-26T20:05:34Z',
  goVersion: 'go1.25.7',
  compiler: 'gc',
  platform: 'linux/amd64',
};
const ORDER = ['major', 'minor', 'emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor'];

/** The fields of a version in the order of Go's struct. */
const versionInOrder = (version: Json): Json => ({
  ...Object.fromEntries(ORDER.filter((key) => version[key] !== undefined).map((key) => [key, version[key]])),
  ...Object.fromEntries(Object.keys(CLIENT).map((key) => [key, version[key]])),
});

async function show(call: Call): Promise<void> {
  if (call.args.length > 0) throw new KubectlError(`extra arguments: [${call.args.join(' ')}]`);
  const answer: Json = { clientVersion: CLIENT, kustomizeVersion: 'v5.7.1' };
  if (!call.flags.bool('client')) answer.serverVersion = versionInOrder(await call.client.get('/version'));
  const format = call.flags.str('output');
  if (format === 'json') return call.out(`${JSON.stringify(answer, null, 2)}\n`);
  if (format === 'yaml') return call.out(`${goYaml(answer)}\n`);
  if (format !== '') throw new KubectlExit(`error: --output must be 'yaml' or 'json'`);
  call.out(
    `Client Version: ${CLIENT.gitVersion}\nKustomize Version: v5.7.1\n${answer.serverVersion ? `Server Version: ${answer.serverVersion.gitVersion}\n` : ''}`,
  );
}

async function info(call: Call): Promise<void> {
  const config = await loadConfig({ ...call, path: '' });
  const services = await call.client.list(
    '/api/v1/namespaces/kube-system/services?labelSelector=kubernetes.io%2Fcluster-service%3Dtrue',
  );
  const server = config.clusters[0]?.cluster?.server ?? 'https://control-plane:6443';
  call.out(`Kubernetes control plane is running at ${server}\n`);
  for (const service of services.items as Json[]) {
    const port = service.spec.ports?.[0]?.name;
    call.out(
      `${service.metadata.labels?.['kubernetes.io/name'] ?? service.metadata.name} is running at ${server}/api/v1/namespaces/kube-system/services/${service.metadata.name}${port ? `:${port}` : ''}/proxy\n`,
    );
  }
  call.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
}

export const apiResources: Verb = {
  name: 'api-resources',
  flags: [
    { name: 'api-group', type: 'string' },
    { name: 'cached', type: 'bool' },
    { name: 'categories', type: 'strings' },
    { name: 'namespaced', type: 'bool', default: 'true' },
    { name: 'no-headers', type: 'bool' },
    { name: 'output', short: 'o', type: 'string' },
    { name: 'show-managed-fields', type: 'bool' },
    { name: 'sort-by', type: 'string' },
    { name: 'verbs', type: 'strings' },
  ],
  run: resources,
};
export const apiVersions: Verb = {
  name: 'api-versions',
  flags: [],
  run: versions,
};
export const version: Verb = {
  name: 'version',
  flags: [
    { name: 'client', type: 'bool' },
    { name: 'output', short: 'o', type: 'string' },
    { name: 'short', type: 'bool' },
  ],
  run: show,
};
export const clusterInfo: Verb = {
  name: 'cluster-info',
  subcommands: [
    {
      name: 'dump',
      flags: [
        { name: 'all-namespaces', short: 'A', type: 'bool' },
        { name: 'namespaces', type: 'strings' },
        { name: 'output', short: 'o', type: 'string', default: 'json' },
        { name: 'output-directory', type: 'string' },
        { name: 'pod-running-timeout', type: 'duration', default: '20s' },
      ],
      run: clusterDump,
    },
  ],
  flags: [],
  run: info,
};
