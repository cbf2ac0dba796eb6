import { limits } from '../../core/limits.ts';
import { own } from '../../core/own.ts';
import { isMap, type Json } from '../../kube/object.ts';
import { assertPlain, negotiate } from './accept.ts';
import type { ApiRequest, ApiResponse } from './api.ts';
import { checkKind, DecodeError, mediaType, normalise, readBody } from './decode.ts';
import { parseDeleteOptions } from './delete-options.ts';
import {
  badRequest,
  methodNotAllowed,
  notFound,
  rejectedPatch,
  serviceUnavailable,
  tooLarge,
  unsupportedPatchType,
} from './errors.ts';
import type { ResourceInfo } from './facts.ts';
import type { Kind } from './kinds-index.ts';
import { checkVersion, checkWatchCount, listObjects, listResponse, selectObjects, Watch } from './list-watch.ts';
import { answerNode } from './node-proxy.ts';
import type { WriteQuery } from './options.ts';
import { parseListOptions, parseWriteOptions } from './options.ts';
import { patchedValue } from './patching.ts';
import type { ApiPath, Target } from './path.ts';
import { queryBool } from './path.ts';
import type { NodeLookup } from './pod-io.ts';
import { nodeOf, podLog } from './pod-io.ts';
import type { ServiceDialer } from './proxy.ts';
import { parseProxyName, podPort, servicePort } from './proxy.ts';
import { proxyPages } from './proxy-links.ts';
import type { Registry, WriteOptions } from './registry.ts';
import { renderList, renderOne } from './render.ts';
import { answerReview } from './reviews.ts';
import type { Stored } from './store.ts';
import {
  BINDING,
  bindPod,
  EVICTION,
  evictPod,
  issueToken,
  SCALE as SCALE_INFO,
  scaleOf,
  scaleTable,
  TOKEN_REQUEST,
  userOfToken,
  writeScale,
} from './subresources.ts';
import { APPLY_PATCH, applyScale, decodeObject, normalisedPatch, patchObject } from './writes.ts';

/** One request to a resource, after routing and authorization. */
export interface Call {
  request: ApiRequest;
  path: ApiPath;
  target: Target;
  kind: Kind;
  /** RBAC's verb. */
  verb: string;
  warnings: string[];
}

interface Backends {
  nodes: NodeLookup;
  serviceDialer(): ServiceDialer | undefined;
}

type Respond = (response: ApiResponse) => void;

const WITHOUT_BODY = new Set(['exec', 'attach', 'portforward', 'log']);

/** The verb that RBAC and the resource's verb list know a request by. */
export function verbOf(method: string, path: ApiPath, query: URLSearchParams): string {
  if (method === 'GET' || method === 'HEAD') {
    if (path.subresource !== undefined) return 'get';
    if (path.name !== undefined) return 'get';
    return queryBool(query, 'watch') ? 'watch' : 'list';
  }
  const verbs: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch' };
  return method === 'DELETE'
    ? path.name === undefined
      ? 'deletecollection'
      : 'delete'
    : (verbs[method] ?? method.toLowerCase());
}

function statusOk(kind: { group: string; resource: string }, name: string, uid: string | undefined): Json {
  const details = {
    name,
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.resource,
    ...(uid === undefined ? {} : { uid }),
  };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** Verbs of resources and subresources over the registry. */
export class ResourceRoutes {
  #watches = 0;

  constructor(
    readonly registry: Registry,
    readonly backends: Backends,
  ) {}

  answer(call: Call, respond: Respond): void {
    const { request, path, kind } = call;
    const size = typeof request.body === 'string' ? request.body.length : (request.body?.byteLength ?? 0);
    if (size > limits.apiBodyBytesMax) throw tooLarge();
    const sub = path.subresource;
    if (sub === 'proxy') this.#proxy(call, respond);
    else if (sub !== undefined && WITHOUT_BODY.has(sub)) respond(this.#podStream(call));
    else if (sub !== undefined) respond(this.#subresource(call, sub));
    else {
      const needsName = call.verb === 'update' || call.verb === 'patch';
      if (!kind.info.verbs.includes(call.verb) || (needsName && path.name === undefined)) throw methodNotAllowed();
      if (call.verb === 'create' && path.name !== undefined) throw methodNotAllowed();
      respond(this.#main(call));
    }
  }

  #main(call: Call): ApiResponse {
    const { path, kind, verb } = call;
    if (kind.computed) return this.#computed(call, kind.computed);
    const how = negotiate(call.request.headers['accept']);
    switch (verb) {
      case 'get':
        checkVersion(this.registry.store, call.target.query.get('resourceVersion') ?? '');
        return this.#one(call, this.registry.get(kind, path.namespace, path.name as string), 200);
      case 'list': {
        const options = parseListOptions(call.target.query);
        return json(
          200,
          listResponse(this.registry.store, kind, path.namespace, options, how, this.#renderContext(call)),
          call,
        );
      }
      case 'watch':
        return this.#watch(call);
      case 'create':
        return this.#create(call);
      case 'update':
        return this.#update(call, undefined);
      case 'patch':
        return this.#patch(call, undefined);
      case 'delete':
        return this.#delete(call);
      default:
        return this.#deleteCollection(call);
    }
  }

  /** What an extension API server answers behind the aggregator. */
  #computed(call: Call, source: NonNullable<Kind['computed']>): ApiResponse {
    if (!source.isAvailable()) throw serviceUnavailable('the server is currently unable to handle the request');
    const { path, kind, request, target } = call;
    const how = negotiate(request.headers['accept']);
    const selected = selectObjects(source.list(), kind, path.namespace, parseListOptions(target.query));
    const items = selected.map((object): Stored => ({ object, managed: [], version: 0 }));
    if (call.verb === 'list') return json(200, renderList(kind, items, {}, how, this.#renderContext(call)), call);
    const found = items.find(({ object }) => object.metadata.name === path.name);
    if (!found) throw notFound(kind.info, path.name as string);
    return json(200, renderOne(kind, found, how, this.#renderContext(call)), call);
  }

  #renderContext(call: Call): { nowMs: number; includeObject: string } {
    return { nowMs: this.registry.world.nowMs, includeObject: includeObjectOf(call) };
  }

  #one(call: Call, stored: Stored, status: number): ApiResponse {
    const how = negotiate(call.request.headers['accept']);
    return json(status, renderOne(call.kind, stored, how, this.#renderContext(call)), call);
  }

  #watch(call: Call): ApiResponse {
    checkWatchCount(this.#watches);
    const { world, store } = this.registry;
    const options = parseListOptions(call.target.query);
    const how = negotiate(call.request.headers['accept']);
    const includeObject = includeObjectOf(call);
    const watch = new Watch(
      world,
      store,
      call.kind,
      call.path.namespace,
      options,
      how,
      includeObject,
      () => this.#watches--,
    );
    this.#watches++;
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '', stream: watch };
  }

  #writeQuery(call: Call, kind: string): WriteQuery {
    const apply = mediaType(call.request.headers['content-type']) === APPLY_PATCH;
    return parseWriteOptions(
      call.target.query,
      kind,
      call.request.headers['user-agent'] ?? '',
      kind === 'PatchOptions' && apply,
    );
  }

  #options(call: Call, query: { dryRun: boolean; fieldManager: string }, subresource?: string): WriteOptions {
    return {
      user: call.request.user,
      fieldManager: query.fieldManager,
      dryRun: query.dryRun,
      subresource,
      warnings: call.warnings,
      replay: call.request.replay,
    };
  }

  #create(call: Call): ApiResponse {
    const { kind, path, request } = call;
    const query = this.#writeQuery(call, 'CreateOptions');
    const review = kind.info.verbs.length === 1 && kind.info.group.startsWith('auth');
    const draft = decodeObject(kind, request, query, call.warnings);
    if (review) {
      const answer = answerReview(
        this.registry.store,
        kind.info.kind,
        draft,
        request.user,
        this.registry.world.nowIso,
        path.namespace,
        (token) => userOfToken(this.registry, token),
      );
      if (answer) assertPlain(request.headers['accept']);
      if (answer) return json(201, answer, call);
      throw badRequest(`${kind.info.kind} is not supported by this cluster`);
    }
    if (kind.info.resource === 'bindings') return this.#bind(call, draft.metadata.name, draft);
    if (kind.info.namespaced && path.namespace === undefined) throw methodNotAllowed();
    const stored = this.registry.create(kind, path.namespace, draft, this.#options(call, query));
    return this.#one(call, stored, 201);
  }

  #update(call: Call, subresource: string | undefined): ApiResponse {
    const { kind, path } = call;
    const query = this.#writeQuery(call, 'UpdateOptions');
    const draft = decodeObject(kind, call.request, query, call.warnings);
    const name = path.name as string;
    if (draft.metadata.name !== name) {
      if (!draft.metadata.name)
        throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
      throw badRequest(`the name of the object (${draft.metadata.name}) does not match the name on the URL (${name})`);
    }
    if (
      path.namespace !== undefined &&
      draft.metadata.namespace !== undefined &&
      draft.metadata.namespace !== path.namespace
    ) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    const old = this.registry.current(kind, path.namespace, name);
    if (!old && kind.def.createOnUpdate && subresource === undefined)
      return this.#one(call, this.registry.create(kind, path.namespace, draft, this.#options(call, query)), 201);
    if (!old) throw notFound(kind.info, name);
    return this.#one(call, this.registry.update(kind, old, draft, this.#options(call, query, subresource)), 200);
  }

  #patch(call: Call, subresource: string | undefined): ApiResponse {
    const query = this.#writeQuery(call, 'PatchOptions');
    const type = mediaType(call.request.headers['content-type']);
    const known = [
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
      APPLY_PATCH,
    ];
    if (!known.includes(type)) throw unsupportedPatchType();
    const options = this.#options(call, query, subresource);
    const { kind, path } = call;
    const { stored, created } = patchObject(
      this.registry,
      kind,
      path.namespace,
      path.name as string,
      call.request,
      query,
      options,
    );
    return this.#one(call, stored, created ? 201 : 200);
  }

  #delete(call: Call): ApiResponse {
    const { kind, path } = call;
    const options = parseDeleteOptions(call.request, call.target.query);
    const old = this.registry.get(kind, path.namespace, path.name as string);
    const write = this.#options(call, { dryRun: options.dryRun, fieldManager: '' });
    if (options.propagationPolicy === undefined) call.warnings.push(...(kind.def.orphansWarning ?? []));
    const { stored, gone } = this.registry.delete(kind, old, options, write);
    const asStatus = gone && (kind.def.deleteReturnsStatus ?? true);
    if (asStatus) return json(200, statusOk(kind.info, old.object.metadata.name, old.object.metadata.uid), call);
    return this.#one(call, stored, 200);
  }

  #deleteCollection(call: Call): ApiResponse {
    const { kind, path } = call;
    if (kind.info.namespaced && path.namespace === undefined) throw methodNotAllowed();
    const options = parseDeleteOptions(call.request, call.target.query);
    const { items, meta } = listObjects(this.registry.store, kind, path.namespace, parseListOptions(call.target.query));
    const write = this.#options(call, { dryRun: options.dryRun, fieldManager: '' });
    for (const item of items) this.registry.delete(kind, item, options, write);
    return json(200, renderList(kind, items, meta, { as: 'object' }, this.#renderContext(call)), call);
  }

  #subresource(call: Call, sub: string): ApiResponse {
    const { kind, verb } = call;
    if (!own(kind.info.subresources, sub)?.verbs.includes(verb)) throw methodNotAllowed();
    if (sub === 'scale') return this.#scale(call);
    if (verb === 'get') return this.#main(call);
    if (sub === 'eviction') return this.#evict(call);
    if (sub === 'binding') return this.#bind(call, call.path.name as string, this.#bodyOf(call, BINDING));
    if (sub === 'token') return this.#token(call);
    return verb === 'patch' ? this.#patch(call, sub) : this.#update(call, sub);
  }

  #bodyOf(call: Call, info: ResourceInfo): Json {
    const { value } = readBody(call.request.body, call.request.headers['content-type'], info.kind);
    if (value.apiVersion !== 'policy/v1beta1') checkKind(value, info, true);
    return this.#normalised(value, info);
  }

  #normalised(value: Json, info: ResourceInfo): Json {
    try {
      return normalise(value, info).object;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw badRequest(
        `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${error.message}`,
      );
    }
  }

  #scale(call: Call): ApiResponse {
    const { kind, path, verb, request } = call;
    const old = this.registry.get(kind, path.namespace, path.name as string);
    const current = scaleOf(kind, old);
    if (verb === 'get') {
      const how = negotiate(request.headers['accept']);
      const { nowMs } = this.registry.world;
      return json(200, how.as === 'Table' ? scaleTable(current, how.apiVersion, nowMs) : current, call);
    }
    const query = this.#writeQuery(call, verb === 'patch' ? 'PatchOptions' : 'UpdateOptions');
    let wanted: Json;
    if (verb === 'update') {
      wanted = this.#bodyOf(call, SCALE_INFO);
      const { name = '' } = wanted.metadata;
      if (name !== '' && name !== path.name)
        throw badRequest(`the name of the object (${name}) does not match the name on the URL (${path.name})`);
    } else {
      const type = mediaType(request.headers['content-type']);
      if (type === APPLY_PATCH)
        return json(
          200,
          scaleOf(kind, applyScale(this.registry, kind, old, request, this.#options(call, query), query.force)),
          call,
        );
      const text = typeof request.body === 'string' ? request.body : Buffer.from(request.body ?? []).toString('utf8');
      wanted = patchedValue(SCALE_INFO, current, type, text, query.fieldValidation === 'Ignore').value;
      if (!isMap(wanted)) throw rejectedPatch();
      wanted = normalisedPatch(wanted, SCALE_INFO);
    }
    const stored = writeScale(this.registry, kind, old, wanted, this.#options(call, query));
    return json(200, scaleOf(kind, stored), call);
  }

  #evict(call: Call): ApiResponse {
    const old = this.registry.get(call.kind, call.path.namespace, call.path.name as string);
    const query = this.#writeQuery(call, 'CreateOptions');
    const body = this.#bodyOf(call, EVICTION);
    const dryRun = query.dryRun || (body.deleteOptions?.dryRun ?? []).includes('All');
    evictPod(this.registry, call.kind, old, body, this.#options(call, { ...query, dryRun }));
    return json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, call);
  }

  #bind(call: Call, name: string, binding: Json): ApiResponse {
    const pods = this.registry.kinds.byRef('v1/Pod') as Kind;
    const old = this.registry.get(pods, call.path.namespace, name);
    bindPod(this.registry, pods, old, binding, this.#options(call, this.#writeQuery(call, 'CreateOptions')));
    return json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, call);
  }

  #token(call: Call): ApiResponse {
    const account = this.registry.get(call.kind, call.path.namespace, call.path.name as string);
    return json(201, issueToken(this.registry, account.object, this.#bodyOf(call, TOKEN_REQUEST)), call);
  }

  #podStream(call: Call): ApiResponse {
    const pod = this.registry.get(call.kind, call.path.namespace, call.path.name as string).object;
    if (call.path.subresource === 'log')
      return podLog(this.backends.nodes, pod, call.target.query, this.registry.world.nowMs);
    throw badRequest('Upgrade request required');
  }

  #proxy(call: Call, respond: Respond): void {
    const { kind, path, request, target } = call;
    const id = parseProxyName(path.name as string);
    const object = this.registry.get(kind, path.namespace, id.name).object;
    const rest = `${path.rest ?? '/'}${target.search === '' ? '' : `?${target.search}`}`;
    const { world } = this.registry;
    const proxied = { world, request, root: path.rest === undefined, path: rest };
    if (kind.info.kind === 'Service') {
      const dial = this.backends.serviceDialer();
      if (!dial) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(id.name)}`);
      const port = servicePort(object, id.port);
      proxyPages(proxied, { dial: (th) => dial(th, object, port), host: '' }, respond);
    } else if (kind.info.kind === 'Pod') {
      const node = nodeOf(this.backends.nodes, object);
      const port = podPort(object, id.port);
      const address: string = object.status?.podIP;
      const host = `${address}:${port}`;
      proxyPages(proxied, { dial: (th) => node.dial(object, port, th, address), host }, respond);
    } else {
      const node = this.backends.nodes(id.name);
      if (!node) throw serviceUnavailable(`error trying to reach service: no route to node ${id.name}`);
      const pods = this.registry.kinds.byRef('v1/Pod') as Kind;
      const own = listObjects(this.registry.store, pods, undefined, parseListOptions(new URLSearchParams()))
        .items.map((item) => item.object)
        .filter((pod) => pod['spec']?.nodeName === id.name);
      respond(answerNode(id.name, node, rest, world, own));
    }
  }
}

function includeObjectOf(call: Call): string {
  const value = call.target.query.get('includeObject') || 'Metadata';
  if (['Metadata', 'Object', 'None'].includes(value)) return value;
  const why = `includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequest(`Unable to convert to Table as requested: ${why}`);
}

/** `Warning` headers, one a line; '' for none. */
export function warningHeader(warnings: readonly string[]): string {
  return [...new Set(warnings)].map((text) => `299 - ${JSON.stringify(text)}`).join('\n');
}

function json(status: number, body: Json, call: Call): ApiResponse {
  const warning = warningHeader(call.warnings);
  return {
    status,
    headers: { 'content-type': 'application/json', ...(warning === '' ? {} : { warning }) },
    body: `${JSON.stringify(body)}\n`,
  };
}
