import type { Json } from '../cluster/client.ts';
import { canonical, type Snapshot, WORKLOADS } from './snapshot.ts';

/** By kind: what must still be there. Roles, claims and volumes are means: rights, data and where it lies are tried themselves. */
const MUST_STAY = ['configmaps', 'secrets', 'limitranges', 'networkpolicies', 'resourcequotas', 'namespaces'];

/** `deployments/test-corner-shop/web`: its parts; objects of no namespace have none. */
function parts(key: string): { resource: string; namespace: string; name: string } {
  const [resource = '', second = '', third] = key.split('/');
  return third === undefined ? { resource, namespace: '', name: second } : { resource, namespace: second, name: third };
}

const isWorkload = (key: string): boolean => WORKLOADS.some((resource) => key.startsWith(`${resource}/`));

/** Keys of the workloads of some names in a namespace. */
function workloads({ objects }: Snapshot, namespace: string, names: readonly string[]): string[] {
  return names
    .flatMap((name) => WORKLOADS.map((resource) => `${resource}/${namespace}/${name}`))
    .filter((key) => objects[key]);
}

/** Keys of the Services that a workload serves. */
function servicesOf({ objects }: Snapshot, workload: string): string[] {
  const { namespace, name } = parts(workload);
  return Object.keys(objects).filter(
    (key) => key.startsWith(`services/${namespace}/`) && objects[key].backends.includes(name),
  );
}

function replicas({ objects }: Snapshot, keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + (objects[key]?.replicas ?? 1), 0);
}

function backendsOf(snapshot: Snapshot, service: string): string[] {
  return workloads(snapshot, parts(service).namespace, snapshot.objects[service]?.backends ?? []);
}

/**
 * What a repair must not have broken: things gone, Services with fewer replicas or served by what served others, data no longer on a
 * volume, nodes closed. What serves a Service may be made anew under another name.
 */
export function brokenSince(before: Snapshot, now: Snapshot): string[] {
  return Object.entries(before.objects).flatMap(([key, old]) => {
    const current = now.objects[key];
    if (isWorkload(key)) return brokenWorkload(before, now, key);
    if (key.startsWith('services/')) return current ? brokenService(before, now, key) : [`${key} is gone`];
    if (key.startsWith('nodes/') && current && access(old) !== access(current))
      return [`${key} was ${access(old)}, is ${access(current)}`];
    const mustStay = key.startsWith('nodes/') || MUST_STAY.includes(parts(key).resource);
    return mustStay && current === undefined ? [`${key} is gone`] : [];
  });
}

/** A workload may go or shrink when others serve its Services with as many replicas as before. */
function brokenWorkload(before: Snapshot, now: Snapshot, key: string): string[] {
  const current = now.objects[key];
  const [had, has] = [replicas(before, [key]), current ? replicas(now, [key]) : 0];
  if (has >= had) return [];
  const served = servicesOf(before, key);
  const isReplaced = (service: string): boolean =>
    replicas(now, backendsOf(now, service)) >= replicas(before, backendsOf(before, service));
  if (served.length > 0 && served.every(isReplaced)) return [];
  return [current ? `${key} has ${current.replicas} replicas, had ${old(before, key)}` : `${key} is gone`];
}

function old(before: Snapshot, key: string): number {
  return before.objects[key].replicas ?? 1;
}

/** Which pods a node takes. What it merely prefers is nobody's loss. */
function access({ unschedulable, taints }: Json): string {
  return canonical({ unschedulable, taints: taints.filter((taint: string) => !taint.endsWith(':PreferNoSchedule')) });
}

/** Of a Service: what it offers and who serves it; how it finds them is the repairer's choice. */
function brokenService(before: Snapshot, now: Snapshot, key: string): string[] {
  const [was, is] = [before.objects[key], now.objects[key]];
  const { namespace } = parts(key);
  const strangers = is.backends.filter(
    (name: string) => !was.backends.includes(name) && workloads(before, namespace, [name]).length > 0,
  );
  const offers = ({ port, protocol }: Json): boolean =>
    is.ports?.some((one: Json) => one.port === port && one.protocol === protocol) === true;
  const isSame =
    strangers.length === 0 &&
    (is.backends.length > 0 || was.backends.length === 0) &&
    inside(is) === inside(was) &&
    (was.ports ?? []).every(offers);
  if (!isSame) return [`${key} was ${essence(was)}, is ${essence(is)}`];
  const claimed: string[] = backendsOf(before, key).flatMap((backend) => before.objects[backend].claimed);
  return backendsOf(now, key).flatMap((backend) => {
    const missing = claimed.filter((path) => !now.objects[backend].claimed.includes(path));
    return missing.length > 0 ? [`${backend} keeps ${missing.join(', ')} on no persistent volume`] : [];
  });
}

/** Whether the Service has an address of its own in the cluster; who else may reach it matters to nobody in it. */
function inside({ type }: Json): string {
  return type === 'ExternalName' ? 'no address' : 'address';
}

function essence({ type, backends, ports }: Json): string {
  return canonical({ type, backends, ports: ports?.map(({ port, protocol }: Json) => ({ port, protocol })) });
}

/** Keys of the workloads that must be ready: those of before that are still there, and what serves Services in their stead. */
export function expectedWorkloads(before: Snapshot, now: Snapshot, namespace: string): string[] {
  const own = Object.keys(before.objects).filter((key) => isWorkload(key) && parts(key).namespace === namespace);
  const serving = Object.keys(before.objects)
    .filter((key) => key.startsWith(`services/${namespace}/`))
    .flatMap((key) => backendsOf(now, key));
  return [...new Set([...own.filter((key) => now.objects[key]), ...serving])].sort();
}
