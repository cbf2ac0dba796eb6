import { isMap, type Json } from '../../../kube/object.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import { subcommand } from './command.ts';
import { endsAsGo, forever, type Handler, json, reply, serveHttp } from './go.ts';

/** The `response` of an AdmissionReview without its uid, from its `request`. */
type Admit = (request: Json) => Json;

const LABEL = 'webhook-e2e-test';
const ALLOWED: Json = { allowed: true };

const denied = (status: Json): Json => ({ allowed: false, status: { metadata: {}, ...status } });

function patched(...operations: Json[]): Json {
  if (operations.length === 0) return ALLOWED;
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') };
}

const add = (path: string, value: Json): Json => ({ op: 'add', path, value });

function expectPods({ resource }: Json): Json | undefined {
  if (resource?.group === '' && resource.version === 'v1' && resource.resource === 'pods') return undefined;
  return denied({ message: 'expect resource to be {"" "v1" "pods"}' });
}

/** An object that does not exist any more is judged by what it was. */
const judged = ({ operation, object, oldObject }: Json): Json => (operation === 'DELETE' ? oldObject : object);

/** Refuses objects whose data say so. */
const refuseData =
  (reasons: { unwanted: string; kept: string }): Admit =>
  (request) => {
    const mark = judged(request)?.data?.[LABEL];
    const writes = request.operation === 'CREATE' || request.operation === 'UPDATE';
    if (mark === 'webhook-disallow' && writes) return denied({ reason: reasons.unwanted });
    if (mark === 'webhook-nondeletable' && request.operation === 'DELETE') return denied({ reason: reasons.kept });
    return ALLOWED;
  };

/** Marks the stages that an object's data went through. */
const mutateData: Admit = ({ object }) => {
  const data = object?.data ?? {};
  if (data['mutation-stage-1'] === 'yes') return patched(add('/data/mutation-stage-2', 'yes'));
  return data['mutation-start'] === 'yes' ? patched(add('/data/mutation-stage-1', 'yes')) : ALLOWED;
};

const admitPods: Admit = (request) => {
  const wrong = expectPods(request);
  if (wrong) return wrong;
  const { metadata = {}, spec = {} } = request.object ?? {};
  const reasons: string[] = [];
  if (metadata.labels?.[LABEL] === 'webhook-disallow') reasons.push('the pod contains unwanted label;');
  for (const { name } of spec.containers ?? [])
    if (name.includes('webhook-disallow')) reasons.push('the pod contains unwanted container name;');
  return reasons.length > 0 ? denied({ message: reasons.join(' ') }) : ALLOWED;
};

const mutatePods: Admit = (request) => {
  const { metadata, spec } = request.object ?? {};
  const name = 'webhook-added-init-container';
  if (metadata?.name !== 'webhook-to-be-mutated' || spec.initContainers?.some((one: Json) => one.name === name))
    return ALLOWED;
  return patched(add('/spec/initContainers', [{ image: 'webhook-added-image', name, resources: {} }]));
};

const addSidecar =
  (image: string): Admit =>
  ({ object }) => {
    if (image === '') {
      return denied({ status: 'Failure', message: 'No image specified by the sidecar-image parameter', code: 500 });
    }
    const name = 'webhook-added-sidecar';
    if (object.spec.containers.some((one: Json) => one.name === name)) return ALLOWED;
    return patched(add('/spec/containers/-', { image, name, resources: {} }));
  };

const refuseAttachment: Admit = ({ name, object }) =>
  name === 'to-be-attached-pod' && object?.stdin && object.container === 'container1'
    ? denied({ message: "attaching to pod 'to-be-attached-pod' is not allowed" })
    : ALLOWED;

const addLabel: Admit = ({ object }) => {
  const labels = object?.metadata?.labels ?? {};
  if (Object.keys(labels).length === 0) return patched(add('/metadata/labels', { 'added-label': 'yes' }));
  const path = '/metadata/labels/added-label';
  if (labels['added-label'] === undefined) return patched(add(path, 'yes'));
  return labels['added-label'] === 'yes' ? ALLOWED : patched({ op: 'replace', path, value: 'yes' });
};

const admitDefinition: Admit = ({ object }) =>
  object?.metadata?.labels?.[LABEL] === 'webhook-disallow'
    ? denied({ message: 'the crd contains unwanted label' })
    : ALLOWED;

const SLOW_MS = 5_000;

/** An admission webhook with one path per behaviour. */
export const webhook = subcommand({
  flags: { 'tls-cert-file': '', 'tls-private-key-file': '', port: 443, 'sidecar-image': '' },
  *run(os, flags) {
    endsAsGo(os);
    os.setMemory(12 * 1024 * 1024);
    const slow = reviewed(() => ({
      allowed: true,
      status: { metadata: {}, message: 'this webhook allows all requests' },
    }));
    serveHttp(os, flags.port, {
      *'/readyz'() {
        return reply('ok');
      },
      *'/always-allow-delay-5s'(request) {
        yield* request.th.sleep(SLOW_MS);
        return yield* slow(request);
      },
      '/always-deny': reviewed(() => denied({ message: 'this webhook denies all requests' })),
      '/add-label': reviewed(addLabel),
      *'/pods'(request) {
        const asked = parsed(request.body)?.['request'];
        // It never answers for such pods.
        if (asked?.object?.metadata?.labels?.[LABEL] === 'wait-forever') yield* forever(os);
        return yield* reviewed(admitPods)(request);
      },
      '/pods/attach': reviewed(refuseAttachment),
      '/mutating-pods': reviewed((request) => expectPods(request) ?? mutatePods(request)),
      '/mutating-pods-sidecar': reviewed(
        (request) => expectPods(request) ?? addSidecar(flags['sidecar-image'])(request),
      ),
      '/configmaps': reviewed(
        refuseData({
          unwanted: 'the configmap contains unwanted key and value',
          kept: 'the configmap cannot be deleted because it contains unwanted key and value',
        }),
      ),
      '/mutating-configmaps': reviewed(mutateData),
      '/custom-resource': reviewed(
        refuseData({
          unwanted: 'the custom resource contains unwanted data',
          kept: 'the custom resource cannot be deleted because it contains unwanted key and value',
        }),
      ),
      '/mutating-custom-resource': reviewed(mutateData),
      '/crd': reviewed(admitDefinition),
    });
    return yield* forever(os);
  },
});

function parsed(body: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the review, and answers in its version. */
function reviewed(admit: Admit): Handler {
  return function* ({ body, headers }): Generator<never, HttpResponse, void> {
    if (headers['content-type'] !== 'application/json') return reply('');
    const review = parsed(body);
    if (review?.['kind'] !== 'AdmissionReview') return reply('Request could not be decoded: unexpected kind\n', 400);
    const { kind, apiVersion, request } = review as Json;
    return json({ kind, apiVersion, response: { uid: request.uid, ...admit(request) } });
  };
}

/** A converter between the versions of one definition: v1 has `hostPort`, v2 `host` and `port`. */
export const crdConversionWebhook = subcommand({
  flags: { 'tls-cert-file': '', 'tls-private-key-file': '', port: 443 },
  *run(os, { port }) {
    endsAsGo(os);
    serveHttp(os, port, {
      *'/readyz'() {
        return reply('ok');
      },
      *'/crdconvert'({ body }) {
        const review = parsed(body);
        if (review?.['kind'] !== 'ConversionReview') return reply('failed to deserialize body\n', 400);
        const { kind, apiVersion, request } = review as Json;
        return json({
          kind,
          apiVersion,
          request: { uid: '', desiredAPIVersion: '', objects: null },
          response: converted(request),
        });
      },
    });
    return yield* forever(os);
  },
});

function converted({ uid, objects, desiredAPIVersion }: Json): Json {
  const failed = (message: string): Json => ({
    uid,
    convertedObjects: null,
    result: { metadata: {}, status: 'Failure', message },
  });
  const convertedObjects: Json[] = [];
  for (const object of objects) {
    const copy = structuredClone(object);
    const from = object.apiVersion;
    const to = desiredAPIVersion;
    if (from === to) return failed(`conversion from a version to itself should not call the webhook: ${to}`);
    if (from === 'stable.example.com/v1' && to === 'stable.example.com/v2') {
      if (copy.hostPort !== undefined) {
        const parts = String(copy.hostPort).split(':');
        if (parts.length !== 2) return failed(`invalid hostPort value \`${copy.hostPort}\``);
        [copy.host, copy.port] = parts;
        delete copy.hostPort;
      }
    } else if (from === 'stable.example.com/v2' && to === 'stable.example.com/v1') {
      if (copy.host !== undefined || copy.port !== undefined) copy.hostPort = `${copy.host ?? ''}:${copy.port ?? ''}`;
      delete copy.host;
      delete copy.port;
    } else {
      return failed(`unexpected conversion version "${from.startsWith('stable.example.com/') ? to : from}"`);
    }
    convertedObjects.push({ ...copy, apiVersion: to });
  }
  return { uid, convertedObjects, result: { metadata: {}, status: 'Success' } };
}
