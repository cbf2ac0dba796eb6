import { InternalError } from '../../core/errors.ts';
import { goYaml } from '../../kube/go-yaml.ts';
import { ApiError } from '../../kube/status.ts';
import type { Conn } from '../net/net.ts';
import type { Task, Thread } from '../process/task.ts';
import type { World } from '../world.ts';
import { wantsYaml } from './accept.ts';
import type { AdmissionPlugin, UserInfo } from './admission.ts';
import type { ApiClient, ApiHandler, ApiRequest, ApiResponse, ExecRequest, ExecSession } from './api.ts';
import { Client } from './client.ts';
import { followDefinitions } from './custom/resources.ts';
import { badRequest, forbidden, forbiddenPath, internal, notFound, resourceNotFound } from './errors.ts';
import { followFlowSchemas } from './flow-control.ts';
import type { KindDef } from './kind.ts';
import { type Kind, KindIndex } from './kinds-index.ts';
import { answerMeta } from './meta-routes.ts';
import { parseResourcePath, splitTarget } from './path.ts';
import type { NodeLookup } from './pod-io.ts';
import { execTarget, nodeOf, podExec } from './pod-io.ts';
import type { ServiceDialer } from './proxy.ts';
import { statusResponse } from './proxy.ts';
import { type Attributes, authorize, denial } from './rbac.ts';
import { Registry } from './registry.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { Call } from './resource-routes.ts';
import { ResourceRoutes, verbOf, warningHeader } from './resource-routes.ts';
import { hashState } from './state-hash.ts';
import { Store } from './store.ts';
import { userOfToken } from './subresources.ts';
import { type HostDialer, WebhookPending } from './webhooks/calls.ts';
import { followPolicies } from './webhooks/status.ts';

export interface ApiServer {
  readonly handler: ApiHandler;
  client(identity: { user: UserInfo; fieldManager: string }): ApiClient;
  /** How the server reaches the kubelets (logs, exec, port-forward). */
  setNodeApi(lookup: NodeLookup): void;
  /** How the service proxy reaches a Service from the control-plane node. */
  setServiceDialer(dial: ServiceDialer): void;
  /** Equal for two healthy deployments of the same applications; see state-hash.ts. */
  stateHash(): string;
  /** How admission webhooks are reached, from the control plane's machine. */
  setHostDialer(dial: HostDialer): void;
  /** Serves the kinds of an extension API beside the built-in ones. */
  aggregate(kinds: readonly Kind[]): void;
  /** The service account behind a token that the token subresource issued. */
  userOfToken(token: string): UserInfo | undefined;
  /** Kinds that have only the behaviour of their schema, as `apps/v1/Deployment`. */
  schemaOnlyKinds(): string[];
}

const SYSTEM: UserInfo = { username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
const PODS = { group: '', resource: 'pods' };

class Server implements ApiServer, ApiHandler {
  readonly handler: ApiHandler = this;
  readonly #registry: Registry;
  readonly #routes: ResourceRoutes;
  readonly #metrics: RequestMetrics;
  #nodes: NodeLookup = () => undefined;
  #dialService: ServiceDialer | undefined;

  constructor(world: World, kinds: readonly KindDef[], admission: readonly AdmissionPlugin[]) {
    const store = new Store(world);
    this.#metrics = new RequestMetrics(world.nowMs);
    this.#registry = new Registry(world, store, new KindIndex(kinds), admission);
    const own = this.client({ user: SYSTEM, fieldManager: 'kube-apiserver' });
    followDefinitions(this.#registry, own);
    followPolicies(this.#registry);
    followFlowSchemas(this.#registry);
    this.#routes = new ResourceRoutes(this.#registry, {
      nodes: (name) => this.#nodes(name),
      serviceDialer: () => this.#dialService,
    });
  }

  client(identity: { user: UserInfo; fieldManager: string }): ApiClient {
    return new Client(this.#registry, identity);
  }

  setNodeApi(lookup: NodeLookup): void {
    this.#nodes = lookup;
  }

  setServiceDialer(dial: ServiceDialer): void {
    this.#dialService = dial;
  }

  stateHash(): string {
    return hashState(this.#registry.store);
  }

  setHostDialer(dial: HostDialer): void {
    this.#registry.webhooks.dial = dial;
  }

  aggregate(kinds: readonly Kind[]): void {
    for (const kind of kinds) this.#registry.kinds.add(kind);
  }

  userOfToken(token: string): UserInfo | undefined {
    return userOfToken(this.#registry, token);
  }

  schemaOnlyKinds(): string[] {
    return this.#registry.kinds
      .all()
      .filter((k) => !k.defined)
      .map((k) => `${k.info.group === '' ? '' : `${k.info.group}/`}${k.info.version}/${k.info.kind}`);
  }

  handle(request: ApiRequest, respond: (response: ApiResponse) => void): void {
    const isYaml = wantsYaml(request.headers['accept']);
    const answer = (response: ApiResponse): void => {
      const told = isYaml ? asYaml(response) : response;
      respond({ ...told, headers: { 'cache-control': 'no-cache, private', ...told.headers } });
    };
    this.#attempt({ ...request, replay: new Map() }, answer);
  }

  /** A request that must wait for a webhook is handled again from the start, with what the webhook said. */
  #attempt(request: ApiRequest, answer: (response: ApiResponse) => void): void {
    try {
      this.#route({ ...request, user: this.#effectiveUser(request) }, answer);
    } catch (error) {
      if (error instanceof ApiError) answer(statusResponse(error));
      else if (error instanceof WebhookPending) error.thread.done.subscribe(() => this.#again(request, answer));
      else throw error;
    }
  }

  #again(request: ApiRequest, answer: (response: ApiResponse) => void): void {
    const { world } = this.#registry;
    world.after(0, () => {
      try {
        this.#attempt(request, answer);
      } catch (error) {
        world.reportInternalError('handling a request after a webhook', error);
        answer(statusResponse(internal('the simulated API server failed')));
      }
    });
  }

  /** Impersonation (`kubectl --as`): only for those who may impersonate. */
  #effectiveUser(request: ApiRequest): UserInfo {
    const username = request.headers['impersonate-user'];
    if (username === undefined) return request.user;
    const base = {
      user: request.user,
      verb: 'impersonate',
      namespace: '',
      group: '',
      resource: 'users',
      subresource: '',
      name: username,
    };
    if (!authorize(this.#registry.store, base).allowed) throw forbidden(base, username, denial(base));
    const groups = (request.headers['impersonate-group'] ?? '')
      .split(',')
      .map((g) => g.trim())
      .filter((g) => g !== '');
    const uid = request.headers['impersonate-uid'];
    for (const group of groups) this.#assertImpersonates(base, 'groups', group);
    if (uid !== undefined) this.#assertImpersonates({ ...base, group: 'authentication.k8s.io' }, 'uids', uid);
    const [, kind, namespace] = username.split(':');
    // The groups of a service account are its own only when none are named.
    const own =
      kind === 'serviceaccount' && groups.length === 0
        ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
        : [];
    const all = [...groups, ...own];
    const known = username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
    return {
      username,
      ...(uid === undefined ? {} : { uid }),
      groups: all.includes(known) ? all : [...all, known],
    };
  }

  #metricsText(): ApiResponse {
    const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores' };
    return { status: 200, headers, body: this.#metrics.text(this.#registry.store) };
  }

  #assertImpersonates(base: Attributes, resource: string, name: string): void {
    const attributes = { ...base, resource, name };
    if (!authorize(this.#registry.store, attributes).allowed) throw forbidden(attributes, name, denial(attributes));
  }

  #route(request: ApiRequest, respond: (response: ApiResponse) => void): void {
    const target = splitTarget(request.path);
    const path = parseResourcePath(target.path);
    if (!path) {
      const attributes = {
        user: request.user,
        verb: request.method.toLowerCase(),
        namespace: '',
        group: '',
        resource: '',
        subresource: '',
        name: '',
        nonResourcePath: target.path,
      };
      if (!authorize(this.#registry.store, attributes).allowed) throw forbiddenPath(denial(attributes));
      if (target.path === '/metrics' && request.method === 'GET') respond(this.#metricsText());
      else respond(answerMeta(this.#registry.kinds, request, target.path));
      return;
    }
    const verb = verbOf(request.method, path, target.query);
    const attributes = {
      user: request.user,
      verb,
      namespace: path.namespace ?? '',
      group: path.group,
      resource: path.resource,
      subresource: path.subresource ?? '',
      name: path.name ?? '',
    };
    if (!authorize(this.#registry.store, attributes).allowed)
      throw forbidden(path, path.name ?? '', denial(attributes));
    const kind = this.#registry.kinds.byPath(path.group, path.version, path.resource);
    if (!kind) {
      // A group of custom resources knows nothing that is not served.
      if (!this.#registry.kinds.all().some(({ info }) => info.group === path.group && !info.custom)) {
        respond({
          status: 404,
          headers: { 'content-type': 'text/plain; charset=utf-8' },
          body: '404 page not found\n',
        });
        return;
      }
      throw resourceNotFound();
    }
    if (path.subresource !== undefined && !kind.info.subresources[path.subresource]) throw resourceNotFound();
    if (path.namespace !== undefined && !kind.info.namespaced) throw resourceNotFound();
    const scope = path.name !== undefined ? 'resource' : path.namespace !== undefined ? 'namespace' : 'cluster';
    const { group, version, resource, subresource = '' } = path;
    const counted = { verb: verb.toUpperCase(), group, version, resource, subresource, scope };
    const call: Call = { request, path, target, kind, verb, warnings: deprecation(kind) };
    const answer = (response: ApiResponse): void => {
      this.#metrics.count({ ...counted, code: response.status });
      respond(response);
    };
    try {
      this.#routes.answer(call, answer);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // What was warned of before the refusal is told with it.
      const refused = statusResponse(error);
      const warning = warningHeader(call.warnings);
      answer({ ...refused, headers: { ...refused.headers, ...(warning === '' ? {} : { warning }) } });
    }
  }

  assertExec(request: Parameters<ApiHandler['assertExec']>[0]): void {
    const subresource = request.attach ? 'attach' : 'exec';
    this.#connect(request.user, request.namespace, request.pod, subresource);
    const kind = this.#registry.kinds.byRef('v1/Pod');
    const pod = kind && this.#registry.current(kind, request.namespace, request.pod)?.object;
    execTarget(pod, request);
  }

  exec(request: ExecRequest): ExecSession {
    this.assertExec(request);
    const kind = this.#registry.kinds.byRef('v1/Pod');
    const pod = kind && this.#registry.current(kind, request.namespace, request.pod)?.object;
    return podExec((name) => this.#nodes(name), pod, request);
  }

  #connect(user: UserInfo, namespace: string, name: string, subresource: string): void {
    const attributes = { user, verb: 'create', namespace, group: '', resource: 'pods', subresource, name };
    if (!authorize(this.#registry.store, attributes).allowed) throw forbidden(PODS, name, denial(attributes));
  }

  admitConnect(
    { namespace, pod, subresource, options, user }: Parameters<ApiHandler['admitConnect']>[0],
    done: (refused?: ApiError) => void,
  ): void {
    const registry = this.#registry;
    const kind = registry.kinds.byRef('v1/Pod');
    const how = { user, fieldManager: '', dryRun: false, subresource, replay: new Map() };
    const attempt = (): void => {
      try {
        if (kind) registry.connect(kind, namespace, pod, options, how);
      } catch (error) {
        if (error instanceof WebhookPending) error.thread.done.subscribe(() => registry.world.after(0, attempt));
        else if (error instanceof ApiError) done(error);
        else {
          registry.world.reportInternalError('admitting a connection', error);
          done(internal('the simulated API server failed'));
        }
        return;
      }
      done();
    };
    attempt();
  }

  assertForward({ namespace, pod, user }: Parameters<ApiHandler['assertForward']>[0]): void {
    this.#connect(user, namespace, pod, 'portforward');
    const kind = this.#registry.kinds.byRef('v1/Pod');
    const object = kind && this.#registry.current(kind, namespace, pod)?.object;
    if (!object) throw notFound(PODS, pod);
    if (!object.spec?.nodeName) throw badRequest(`pod ${pod} does not have a host assigned`);
  }

  dialPod(namespace: string, pod: string, port: number, th: Thread): Task<Conn> {
    const kind = this.#registry.kinds.byRef('v1/Pod');
    if (!kind) throw new InternalError('the API serves no pods');
    const object = this.#registry.current(kind, namespace, pod)?.object;
    if (!object) throw notFound(PODS, pod);
    if (object.status?.phase !== 'Running')
      throw internal(`unable to forward port because pod is not running. Current status=${object.status?.phase ?? ''}`);
    return nodeOf((name) => this.#nodes(name), object).dial(object, port, th);
  }
}

/** Kinds whose every use the server warns of. */
const DEPRECATED: Record<string, string> = {
  Endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  ComponentStatus: 'v1 ComponentStatus is deprecated in v1.19+',
};

function deprecation({ info, def }: Kind): string[] {
  const text = info.group === '' ? DEPRECATED[info.kind] : def.deprecated;
  return text === undefined ? [] : [text];
}

/** A complete JSON answer in the other media type. Streams and texts stay what they are. */
function asYaml(response: ApiResponse): ApiResponse {
  if (response.stream || response.headers['content-type'] !== 'application/json') return response;
  const headers = { ...response.headers, 'content-type': 'application/yaml' };
  return { ...response, headers, body: goYaml(JSON.parse(response.body)) };
}

/** The API server of one simulated cluster. Kinds missing in `kinds` get schema-only behaviour. */
export function createApiServer(options: {
  world: World;
  kinds: readonly KindDef[];
  admission: readonly AdmissionPlugin[];
}): ApiServer {
  return new Server(options.world, options.kinds, options.admission);
}
