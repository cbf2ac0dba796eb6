import { parse } from 'yaml';
import type { Json } from '../../../src/kube/object.ts';
import type { Outcome } from './twin.ts';

const VOLATILE = ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields'];
/** Drawn by the server. */
const DRAWN = ['clusterIP', 'clusterIPs'];

/** What a command printed, without what differs from cluster to cluster; an object as a value. */
export function comparableMove({ stdout, stderr, code }: Outcome): unknown {
  return {
    out: stdout.startsWith('apiVersion:') ? objectOf(stdout) : stdout,
    err: stderr.replaceAll(/\b\d+\.\d+\.\d+\.\d+\b/g, '<ip>'),
    code,
  };
}

function objectOf(text: string): Json {
  const { status: _, ...object } = parse(text);
  for (const field of VOLATILE) delete object.metadata[field];
  delete object.metadata.annotations?.['deployment.kubernetes.io/revision'];
  // Upstream tells an empty map of a network policy from none when it counts generations; storage does not.
  if (object.kind === 'NetworkPolicy') delete object.metadata.generation;
  if (object.kind === 'Service') for (const field of DRAWN) delete object.spec[field];
  return object;
}
