import type { Json } from '../../../kube/object.ts';
import { quantityNumber } from '../../../kube/quantity.ts';
import { withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, UsageError } from '../errors.ts';
import { tableWriter } from '../tabwriter.ts';

const cpu = (value: string | undefined): number => Math.ceil((quantityNumber(value ?? '0') ?? 0) * 1000 - 1e-9);
const memory = (value: string | undefined): number => Math.floor((quantityNumber(value ?? '0') ?? 0) / 2 ** 20);

async function metrics(call: Call, path: string, selector: string): Promise<Json[]> {
  const served = await call.client.find((resource) => resource.group === 'metrics.k8s.io');
  if (!served) throw new KubectlError('Metrics API not available');
  return (await call.client.list(withQuery(`/apis/metrics.k8s.io/v1beta1/${path}`, { labelSelector: selector }))).items;
}

function order(call: Call, rows: { cpu: number; memory: number; name: string }[]): void {
  const by = call.flags.str('sort-by');
  rows.sort((a, b) =>
    by === 'cpu' ? b.cpu - a.cpu : by === 'memory' ? b.memory - a.memory : a.name < b.name ? -1 : 1,
  );
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
  let items = await metrics(call, everywhere ? 'pods' : `namespaces/${call.namespace}/pods`, flags.str('selector'));
  if (call.args[0]) items = items.filter((item) => item.metadata.name === call.args[0]);
  if (items.length === 0) {
    if (call.args[0]) throw new KubectlError(`pods.metrics.k8s.io ${JSON.stringify(call.args[0])} not found`);
    call.err(everywhere ? 'No resources found\n' : `No resources found in ${call.namespace} namespace.\n`);
    return;
  }
  const split = flags.bool('containers');
  const rows = items.flatMap((item) => {
    const parts: { container?: string; list: Json[] }[] = split
      ? item.containers.map((one: Json) => ({ container: one.name, list: [one] }))
      : [{ list: item.containers }];
    return parts.map(({ container, list }) => ({
      namespace: item.metadata.namespace,
      name: item.metadata.name,
      container,
      cpu: list.reduce((sum, one) => sum + cpu(one.usage.cpu), 0),
      memory: memory(String(list.reduce((sum, one) => sum + (quantityNumber(one.usage.memory) ?? 0), 0))),
    }));
  });
  order(call, rows);
  const writer = tableWriter();
  if (!flags.bool('no-headers'))
    writer.write(`${everywhere ? 'NAMESPACE\t' : ''}${split ? 'POD\tNAME' : 'NAME'}\tCPU(cores)\tMEMORY(bytes)\t\n`);
  for (const row of rows)
    writer.write(
      `${everywhere ? `${row.namespace}\t` : ''}${row.name}\t${split ? `${row.container}\t` : ''}${row.cpu}m\t${row.memory}Mi\t\n`,
    );
  if (flags.bool('sum')) {
    const total = rows.reduce((sum, row) => ({ cpu: sum.cpu + row.cpu, memory: sum.memory + row.memory }), {
      cpu: 0,
      memory: 0,
    });
    const pad = `${everywhere ? '\t' : ''}${split ? '\t' : ''}`;
    writer.write(`${pad}\t________\t________\t\n${pad}\t${total.cpu}m\t${total.memory}Mi\t\n`);
  }
  call.out(writer.take());
}

async function nodes(call: Call): Promise<void> {
  assertArgs(call, 'node');
  const items = await metrics(call, 'nodes', call.flags.str('selector'));
  const known = (await call.client.list('/api/v1/nodes')).items as Json[];
  const rows = items.map((item) => ({
    name: item.metadata.name,
    cpu: cpu(item.usage.cpu),
    memory: memory(item.usage.memory),
    node: known.find((node) => node.metadata.name === item.metadata.name),
  }));
  order(call, rows);
  const writer = tableWriter();
  if (!call.flags.bool('no-headers')) writer.write('NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n');
  for (const row of rows.filter((one) => !call.args[0] || one.name === call.args[0])) {
    const room = row.node?.status?.[call.flags.bool('show-capacity') ? 'capacity' : 'allocatable'] ?? {};
    writer.write(
      `${row.name}\t${row.cpu}m\t${Math.floor((row.cpu * 100) / cpu(room.cpu))}%\t${row.memory}Mi\t${Math.floor((row.memory * 100) / memory(room.memory))}%\t\n`,
    );
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
