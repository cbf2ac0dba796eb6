import type { Json } from '../../../kube/object.ts';
import { NetError, type Server } from '../../net/net.ts';
import { type ChaosAction, defaultNamespace } from './action.ts';

/** Where the chart's webhook configurations lead. */
export const WEBHOOK_PORT = 10_250;
const PATH = /^\/(mutate|validate)-chaos-mesh-org-v1alpha1-([a-z]+)/;

/**
 * Answers the API server's admission reviews, for charts that register the controller's webhooks: fills in defaults, and refuses what the
 * definitions let pass and nothing would come of.
 */
export function webhookServer(actions: Readonly<Record<string, ChaosAction>>): Server {
  return {
    *handle(th, message) {
      if (message.proto !== 'http' || message.kind !== 'request') throw new NetError('ECONNRESET');
      th.spend(800);
      const { request } = JSON.parse(message.body ?? '{}') as { request: Json };
      const response = { uid: request.uid, ...answer(message.path, request, actions) };
      const body = JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response });
      return { proto: 'http', kind: 'response', status: 200, headers: { 'content-type': 'application/json' }, body };
    },
  };
}

function answer(path: string, { object, kind }: Json, actions: Readonly<Record<string, ChaosAction>>): Json {
  const [, what, plural] = PATH.exec(path) ?? [];
  if (!what || !object?.spec) return { allowed: true };
  const action = actions[kind.kind];
  if (what === 'mutate') return action ? mutated(object, action) : { allowed: true };
  const message = action || plural === 'schedule' ? faultOf(object) : `${kind.kind} is not supported by this cluster`;
  return message === undefined ? { allowed: true } : { allowed: false, status: { code: 403, message } };
}

function mutated(object: Json, action: ChaosAction): Json {
  const spec = structuredClone(object.spec);
  completeSpec(spec, object.metadata.namespace, action);
  if (JSON.stringify(spec) === JSON.stringify(object.spec)) return { allowed: true };
  const patch = JSON.stringify([{ op: 'replace', path: '/spec', value: spec }]);
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') };
}

/** The defaults of an experiment, in place. */
export function completeSpec(spec: Json, namespace: string | undefined, action: ChaosAction): void {
  defaultNamespace(spec.selector, namespace);
  if (spec.target) defaultNamespace(spec.target.selector, namespace);
  action.setDefaults(spec);
}

/** What is wrong with an experiment that its definition lets pass. */
export function faultOf({ kind, spec }: Json): string | undefined {
  if (kind === 'PodChaos' && spec.action === 'container-kill' && !spec.containerNames?.length)
    return `spec.containerNames: Invalid value: "null": the name of container is empty on ${spec.action} action`;
  const needsDetail = kind === 'NetworkChaos' && ['delay', 'loss', 'corrupt'].includes(spec.action);
  if (needsDetail && !spec[spec.action]) return `spec.${spec.action}: Required value: the action is ${spec.action}`;
  const needsTarget = kind === 'NetworkChaos' && (spec.direction === 'from' || spec.direction === 'both');
  if (needsTarget && !spec.target)
    return `spec.direction: Invalid value: "${spec.direction}": "from" and "both" need a target`;
  return undefined;
}
