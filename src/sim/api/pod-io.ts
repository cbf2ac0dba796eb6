import type { Json, KubeObject } from '../../kube/object.ts';
import type { FieldError } from '../../kube/status.ts';
import type { ApiRequest, ApiResponse, ExecRequest, ExecSession, NodeApi } from './api.ts';
import { badRequest, internal, invalid, notFound } from './errors.ts';
import * as fieldErrors from './kinds/common/field.ts';
import { queryBool } from './path.ts';

export type NodeLookup = (nodeName: string) => NodeApi | undefined;

const PODS = { group: '', resource: 'pods' };

function containerNames(pod: KubeObject): { main: string[]; all: string[] } {
  const names = (list: Json[] | undefined): string[] => (list ?? []).map((c) => c.name);
  const main = names(pod.spec?.containers);
  return { main, all: [...names(pod.spec?.initContainers), ...main, ...names(pod.spec?.ephemeralContainers)] };
}

/** The container a request means, with upstream's words when it names none or a wrong one. */
export function chooseContainer(pod: KubeObject, asked: string | undefined): string {
  const { main, all } = containerNames(pod);
  const name = pod.metadata.name;
  if (asked) {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  if (all.length === 1 || main.length === 1) {
    if (all.length === 1) return all[0] as string;
  }
  const annotated = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (annotated !== undefined && all.includes(annotated)) return annotated;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`);
}

export function nodeOf(nodes: NodeLookup, pod: KubeObject): NodeApi {
  const name: string | undefined = pod.spec?.nodeName;
  const node = name === undefined ? undefined : nodes(name);
  if (!node) throw internal(`error dialing backend: no route to node ${JSON.stringify(name ?? '')}`);
  return node;
}

function count(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** GET pods/x/log. */
export function podLog(nodes: NodeLookup, pod: KubeObject, query: URLSearchParams, nowMs: number): ApiResponse {
  const container = chooseContainer(pod, query.get('container') || undefined);
  if (!pod.spec?.nodeName) return { status: 200, headers: { 'content-type': 'text/plain' }, body: '' };
  const node = nodeOf(nodes, pod);
  const seconds = count(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const tailLines = count(query, 'tailLines');
  const limitBytes = count(query, 'limitBytes');
  const faults: FieldError[] = [];
  const least = (field: string, value: number | undefined, min: number, detail: string): void => {
    if (value !== undefined && value < min) faults.push(fieldErrors.invalid(field, value, detail));
  };
  least('tailLines', tailLines, 0, 'must be greater than or equal to 0');
  least('limitBytes', limitBytes, 1, 'must be greater than 0');
  least('sinceSeconds', seconds, 1, 'must be greater than 0');
  if (seconds !== undefined && sinceTime)
    faults.push(fieldErrors.forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  if (faults.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod.metadata.name, faults);
  const options = {
    previous: queryBool(query, 'previous'),
    sinceMs: seconds !== undefined ? nowMs - seconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    tailLines,
    limitBytes,
    timestamps: queryBool(query, 'timestamps'),
  };
  const headers = { 'content-type': 'text/plain' };
  if (!queryBool(query, 'follow')) return { status: 200, headers, body: node.logs(pod, container, options).text };
  const waiting: string[] = [];
  let ended = false;
  let emit: (chunk: string) => void = (chunk) => waiting.push(chunk);
  let finish = (): void => {};
  const handle = node.logs(pod, container, {
    ...options,
    follow: {
      onLines: (text) => emit(text),
      onEnd: () => {
        ended = true;
        finish();
      },
    },
  });
  return {
    status: 200,
    headers,
    body: '',
    stream: {
      start: (onChunk, onEnd) => {
        if (handle.text !== '') onChunk(handle.text);
        for (const chunk of waiting.splice(0)) onChunk(chunk);
        emit = onChunk;
        finish = onEnd;
        if (ended) onEnd();
      },
      cancel: () => handle.cancel(),
    },
  };
}

/** The pod and container that exec or attach would enter; throws what the API server refuses before it asks the node. */
export function execTarget(
  pod: KubeObject | undefined,
  request: Pick<ExecRequest, 'pod' | 'container' | 'attach' | 'command'>,
): { pod: KubeObject; container: string } {
  if (!pod) throw notFound(PODS, request.pod);
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') {
    throw badRequest(`cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`);
  }
  const container = chooseContainer(pod, request.container);
  if (!request.attach && request.command.length === 0)
    throw badRequest('you must specify at least 1 command for the container');
  if (!pod.spec?.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return { pod, container };
}

/** Opens exec or attach on the pod's node. */
export function podExec(nodes: NodeLookup, found: KubeObject | undefined, request: ExecRequest): ExecSession {
  const { pod, container } = execTarget(found, request);
  return nodeOf(nodes, pod).exec(pod, container, { ...request, container });
}

/** What a service or pod proxy hands on of a request. */
export function proxiedHeaders(request: ApiRequest): Record<string, string> {
  const { authorization: _, connection: __, ...headers } = request.headers;
  return headers;
}
