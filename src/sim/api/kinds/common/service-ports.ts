import type { Json, KubeObject } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import type { KindRef, StrategyContext } from '../../kind.ts';
import { invalid } from './field.ts';
import { isIP } from './names.ts';

/** kube-apiserver's --service-cluster-ip-range and --service-node-port-range as kind sets them. */
const IP_PREFIX = '10.96.';
const DYNAMIC_FIRST = 257;
const RANGE_SIZE = 65536;
export const NODE_PORT_FIRST = 30000;
export const NODE_PORT_LAST = 32767;

const SERVICE: KindRef = { group: '', version: 'v1', kind: 'Service' };

function others(ctx: StrategyContext, self: KubeObject): KubeObject[] {
  return ctx
    .list(SERVICE)
    .filter((item) => item.metadata.name !== self.metadata.name || item.metadata.namespace !== self.metadata.namespace);
}

function usedIps(ctx: StrategyContext, self: KubeObject): Set<string> {
  return new Set(others(ctx, self).flatMap((item) => item.spec.clusterIPs ?? []));
}

function usedNodePorts(ctx: StrategyContext, self: KubeObject): Set<string> {
  const used = new Set<string>();
  for (const item of others(ctx, self)) {
    for (const port of item.spec.ports ?? []) if (port.nodePort) used.add(`${port.protocol}/${port.nodePort}`);
    if (item.spec.healthCheckNodePort) used.add(`TCP/${item.spec.healthCheckNodePort}`);
  }
  return used;
}

/** Uniform in [0, below), from the uuid stream that strategies have. */
function draw(ctx: StrategyContext, below: number): number {
  return Number.parseInt(ctx.uuid().slice(0, 8), 16) % below;
}

/** A free address of the upper, dynamic part of the range. */
export function allocateClusterIp(draft: KubeObject, ctx: StrategyContext): string {
  const used = usedIps(ctx, draft);
  const size = RANGE_SIZE - 1 - DYNAMIC_FIRST;
  const first = draw(ctx, size);
  for (let i = 0; i < size; i++) {
    const number = DYNAMIC_FIRST + ((first + i) % size);
    const ip = `${IP_PREFIX}${number >> 8}.${number & 255}`;
    if (!used.has(ip)) return ip;
  }
  return '';
}

/** Gives a node port to each port without one; the same port number may serve two protocols. */
export function allocateNodePorts(draft: KubeObject, ctx: StrategyContext): void {
  const used = usedNodePorts(ctx, draft);
  const ports: Json[] = draft.spec.ports ?? [];
  for (const port of ports) if (port.nodePort) used.add(`${port.protocol}/${port.nodePort}`);
  for (const port of ports) {
    if (port.nodePort) continue;
    const twin = ports.find((item) => item.port === port.port && item.protocol !== port.protocol && item.nodePort);
    port.nodePort =
      twin && !used.has(`${port.protocol}/${twin.nodePort}`) ? twin.nodePort : freePort(used, port.protocol, ctx);
    used.add(`${port.protocol}/${port.nodePort}`);
  }
}

export function freeHealthPort(draft: KubeObject, ctx: StrategyContext): number {
  return freePort(usedNodePorts(ctx, draft), 'TCP', ctx);
}

function freePort(used: Set<string>, protocol: string, ctx: StrategyContext): number {
  const size = NODE_PORT_LAST - NODE_PORT_FIRST + 1;
  const first = draw(ctx, size);
  for (let i = 0; i < size; i++) {
    const port = NODE_PORT_FIRST + ((first + i) % size);
    if (!used.has(`${protocol}/${port}`)) return port;
  }
  return 0;
}

/** What the allocators would refuse: addresses and ports that are taken or out of range. */
export function validateAllocation(service: KubeObject, ctx: StrategyContext): FieldError[] {
  const errors: FieldError[] = [];
  const ips: string[] = service.spec.clusterIPs ?? [];
  const taken = usedIps(ctx, service);
  for (const ip of ips) {
    if (!isIP(ip)) continue;
    const why = taken.has(ip)
      ? 'provided IP is already allocated'
      : ip.startsWith(IP_PREFIX)
        ? ''
        : ctx.dryRun
          ? `the provided IP (${ip}) is not in the valid range. The range of valid IPs is 10.96.0.0/16`
          : 'the provided network does not match the current range';
    if (why) errors.push(invalid('spec.clusterIPs', ips, `failed to allocate IP ${ip}: ${why}`));
  }
  const used = usedNodePorts(ctx, service);
  for (const [i, port] of (service.spec.ports ?? []).entries()) {
    if (!port.nodePort) continue;
    const path = `spec.ports[${i}].nodePort`;
    if (used.has(`${port.protocol}/${port.nodePort}`))
      errors.push(invalid(path, port.nodePort, 'provided port is already allocated'));
    else if (port.nodePort < NODE_PORT_FIRST || port.nodePort > NODE_PORT_LAST)
      errors.push(
        invalid(
          path,
          port.nodePort,
          `provided port is not in the valid range. The range of valid ports is ${NODE_PORT_FIRST}-${NODE_PORT_LAST}`,
        ),
      );
  }
  return errors;
}
