import type { Json } from '../../kube/object.ts';
import { wantsAggregatedDiscovery } from './accept.ts';
import type { ApiRequest, ApiResponse } from './api.ts';
import { AGGREGATED_V2, aggregatedDiscovery, groupsOf, legacyDiscovery } from './discovery.ts';
import { methodNotAllowed } from './errors.ts';
import { answerHealth } from './health.ts';
import type { KindIndex } from './kinds-index.ts';
import { openApiDocument, openApiIndex, openApiV2 } from './openapi.ts';
import { openApiV2Document } from './openapi-v2.ts';
import { splitTarget } from './path.ts';

/** As a control plane built from the Go module reports itself. */
const VERSION = {
  major: '1',
  minor: '35',
  emulationMajor: '1',
  emulationMinor: '35',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '34',
  gitVersion: 'v1.35.4',
  gitCommit: '$Format:%H$',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};
/** The form that kubectl asks for; the body is Latin-1 bytes. */
const OPENAPI_V2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

function json(body: Json, type = 'application/json'): ApiResponse {
  return { status: 200, headers: { 'content-type': type }, body: `${JSON.stringify(body)}\n` };
}

/** Answers what is no resource: discovery, OpenAPI, version, health. */
export function answerMeta(kinds: KindIndex, request: ApiRequest, path: string): ApiResponse {
  const missing: ApiResponse = {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: '404 page not found\n',
  };
  if (path.includes('//')) return missing;
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  const clean = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const health = answerHealth(clean, splitTarget(request.path).query);
  if (health) return health;
  if (clean === '/version') return json(VERSION);
  if (clean === '/') return json({ paths: rootPaths(kinds) });
  if (clean === '/openapi/v2') return answerOpenApiV2(kinds, request.headers['accept']);
  if (clean === '/openapi/v3') return json(openApiIndex(kinds));
  if (clean.startsWith('/openapi/v3/')) {
    const text = openApiDocument(kinds, clean);
    return text === undefined ? missing : { status: 200, headers: { 'content-type': 'application/json' }, body: text };
  }
  if ((clean === '/api' || clean === '/apis') && wantsAggregatedDiscovery(request.headers['accept'])) {
    return json(aggregatedDiscovery(kinds, clean === '/api'), AGGREGATED_V2);
  }
  const document = legacyDiscovery(kinds, clean);
  return document === undefined ? missing : json(document);
}

function answerOpenApiV2(kinds: KindIndex, accept: string | undefined): ApiResponse {
  const [first = ''] = (accept ?? '').split(',');
  if (/^application\/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf/.test(first.trim()))
    return { status: 200, headers: { 'content-type': OPENAPI_V2 }, body: openApiV2() };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: openApiV2Document(kinds) };
}

function rootPaths(kinds: KindIndex): string[] {
  const out = [
    '/api',
    '/api/v1',
    '/apis',
    '/healthz',
    '/livez',
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ];
  for (const [group, versions] of groupsOf(kinds)) {
    if (group !== '') out.push(`/apis/${group}`, ...versions.map((v) => `/apis/${group}/${v}`));
  }
  return out.sort();
}
