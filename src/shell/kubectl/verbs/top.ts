import type { Json } from '../../../kube/object.ts';
import { quantityNumber } from '../../../kube/quantity.ts';
import { withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, UsageError } from '../errors.ts';
import { goSort } from '../printers/go-sort.ts';
import { tableWriter } from '../tabwriter.ts';

/** What a pod, a container or a node uses: cores and bytes. */
interface Use {
  cpu: number;
  memory: number;
}

const useOf = (usage: Json): Use => ({
  cpu: quantityNumber(usage?.cpu ?? '0') ?? 0,
  memory: quantityNumber(usage?.memory ?? '0') ?? 0,
});
const sum = (uses: Use[]): Use =>
  uses.reduce((all, one) => ({ cpu: all.cpu + one.cpu, memory: all.memory + one.memory }), { cpu: 0, memory: 0 });
const milli = ({ cpu }: Use): number => Math.ceil(cpu * 1000 - 1e-6);
const mebi = ({ memory }: Use): number => Math.floor(memory / 2 ** 20);

async function metrics(call: Call, path: string): Promise<Json[]> {
  const served = await call.client.find((resource) => resource.group === 'metrics.k8s.io');
  if (!served) throw new KubectlError('Metrics API not available');
  const full = `/apis/metrics.k8s.io/v1beta1/${path}`;
  if (call.args[0]) return [await call.client.get(`${full}/${call.args[0]}`)];
  const query = { labelSelector: call.flags.str('selector'), fieldSelector: call.flags.str('field-selector') };
  return (await call.client.list(withQuery(full, query))).items;
}

/** By what is asked for, most first, or by name; equal ones as Go's sort leaves them. */
function ordered<T extends { name: string; namespace?: string; use: Use }>(call: Call, rows: T[]): T[] {
  const by = call.flags.str('sort-by');
  if (by === 'cpu') return goSort(rows, (a, b) => milli(a.use) > milli(b.use));
  if (by === 'memory') return goSort(rows, (a, b) => a.use.memory > b.use.memory);
  const key = ({ namespace, name }: T): string => `${namespace ?? ''}\0${name}`;
  return goSort(rows, (a, b) => key(a) < key(b));
}

/** What top refuses before it asks for anything. */
function assertArgs(call: Call, kind: 'node' | 'pod'): void {
  const { flags, args } = call;
  if (args.length > 1) throw new UsageError(`${kind} [NAME | -l label]`);
  if (!['', 'cpu', 'memory'].includes(flags.str('sort-by')))
    throw new KubectlError('--sort-by accepts only cpu or memory');
  if (args.length > 0 && flags.str('selector'))
    throw new KubectlError(`only one of NAME or ${kind === 'node' ? '--selector' : 'selector'} can be provided`);
}

async function pods(call: Call): Promise<void> {
  assertArgs(call, 'pod');
  const { flags } = call;
  const everywhere = flags.bool('all-namespaces');
  const items = await metrics(call, everywhere ? 'pods' : `namespaces/${call.namespace}/pods`);
  if (items.length === 0) return noPods(call, everywhere);
  const split = flags.bool('containers');
  const measured = items.map((item) => {
    const containers = (item.containers as Json[]).map(({ name, usage }) => ({
      name: name as string,
      use: useOf(usage),
    }));
    const { name, namespace } = item.metadata;
    return { name, namespace, containers, use: sum(containers.map(({ use }) => use)) };
  });
  const writer = tableWriter();
  const lead = everywhere ? 'NAMESPACE\t' : '';
  if (!flags.bool('no-headers')) writer.write(`${lead}${split ? 'POD\tNAME' : 'NAME'}\tCPU(cores)\tMEMORY(bytes)\t\n`);
  for (const { name, namespace, containers, use } of ordered(call, measured)) {
    const where = everywhere ? `${namespace}\t` : '';
    if (!split) writer.write(`${where}${name}\t${milli(use)}m\t${mebi(use)}Mi\t\n`);
    else
      for (const one of ordered(call, containers))
        writer.write(`${where}${name}\t${one.name}\t${milli(one.use)}m\t${mebi(one.use)}Mi\t\n`);
  }
  if (flags.bool('sum')) {
    const total = sum(measured.map(({ use }) => use));
    const pad = `${everywhere ? '\t' : ''}${split ? '\t' : ''}`;
    writer.write(`${pad}\t________\t________\t\n${pad}\t${milli(total)}m\t${mebi(total)}Mi\t\n`);
  }
  call.out(writer.take());
}

/** Nothing measured: because there are no such pods, or not yet. */
async function noPods(call: Call, everywhere: boolean): Promise<void> {
  const query = { labelSelector: call.flags.str('selector'), fieldSelector: call.flags.str('field-selector') };
  const list = await call.client.list(
    withQuery(everywhere ? '/api/v1/pods' : `/api/v1/namespaces/${call.namespace}/pods`, query),
  );
  if (list.items.length > 0) throw new KubectlError('metrics not available yet');
  call.err(everywhere ? 'No resources found\n' : `No resources found in ${call.namespace} namespace.\n`);
}

async function nodes(call: Call): Promise<void> {
  assertArgs(call, 'node');
  const items = await metrics(call, 'nodes');
  if (items.length === 0) throw new KubectlError('metrics not available yet');
  const known = (await call.client.list('/api/v1/nodes')).items as Json[];
  const rows = items.map((item) => ({ name: item.metadata.name as string, use: useOf(item.usage) }));
  const writer = tableWriter();
  if (!call.flags.bool('no-headers')) writer.write('NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n');
  for (const { name, use } of ordered(call, rows)) {
    const { status } = known.find((node) => node.metadata.name === name) ?? {};
    const room = useOf(status?.[call.flags.bool('show-capacity') ? 'capacity' : 'allocatable']);
    const cpuShare = Math.floor((milli(use) * 100) / milli(room));
    const memoryShare = Math.floor((use.memory * 100) / room.memory);
    writer.write(`${name}\t${milli(use)}m\t${cpuShare}%\t${mebi(use)}Mi\t${memoryShare}%\t\n`);
  }
  call.out(writer.take());
}

const flags: Verb['flags'] = [
  { name: 'selector', short: 'l', type: 'string' },
  { name: 'field-selector', type: 'string' },
  { name: 'sort-by', type: 'string' },
  { name: 'no-headers', type: 'bool' },
  { name: 'use-protocol-buffers', type: 'bool', default: 'true' },
];

export const top: Verb = {
  name: 'top',
  flags: [],
  subcommands: [
    {
      name: 'node',
      aliases: ['nodes', 'no'],
      flags: [...flags, { name: 'show-capacity', type: 'bool' }],
      run: nodes,
    },
    {
      name: 'pod',
      aliases: ['pods', 'po'],
      flags: [
        ...flags,
        { name: 'all-namespaces', short: 'A', type: 'bool' },
        { name: 'containers', type: 'bool' },
        { name: 'sum', type: 'bool' },
      ],
      run: pods,
    },
  ],
};
