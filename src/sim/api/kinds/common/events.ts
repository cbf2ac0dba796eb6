import { clone, type KubeObject } from '../../../../kube/object.ts';

/** Field names that differ between v1 Events and events.k8s.io/v1: [core, events]. Both are one storage. */
const RENAMED: [string, string][] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

function rename(object: KubeObject, apiVersion: string, pairs: [string, string][]): KubeObject {
  const out = clone(object);
  for (const [from, to] of pairs) {
    if (!(from in out)) continue;
    out[to] = out[from];
    delete out[from];
  }
  out.apiVersion = apiVersion;
  return out;
}

/** The events.k8s.io/v1 view of a v1 Event. */
export function toEventsV1(event: KubeObject): KubeObject {
  return rename(event, 'events.k8s.io/v1', RENAMED);
}

/** The v1 form, as stored, of an events.k8s.io/v1 Event. */
export function toCoreEvent(event: KubeObject): KubeObject {
  return rename(
    event,
    'v1',
    RENAMED.map(([core, events]) => [events, core]),
  );
}
