import { request as httpRequest } from 'node:http';
import type { Json } from './manifests.ts';

/** What the client library throws when the server refuses. */
export class ApiException extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
  ) {
    super(`(${status}) ${body}`);
  }
}

/** A call of Python's `kubernetes` package by its name there, e.g. `CoreV1Api.read_namespaced_pod`; objects as JSON. */
export interface ClientLibrary {
  readonly calls: number;
  call(method: string, args: unknown[], keywords?: Record<string, unknown>): Promise<Json>;
  close(): Promise<void>;
}

const CORE = '/api/v1/namespaces/{}';
/** Verb and path of each call that AIOpsLab makes; `{}` are its arguments in order, the rest is the body. */
const CALLS: Record<string, [method: string, path: string]> = {
  'CoreV1Api.list_node': ['GET', '/api/v1/nodes'],
  'CoreV1Api.list_namespace': ['GET', '/api/v1/namespaces'],
  'CoreV1Api.read_namespace': ['GET', CORE],
  'CoreV1Api.create_namespace': ['POST', '/api/v1/namespaces'],
  'CoreV1Api.delete_namespace': ['DELETE', CORE],
  'CoreV1Api.list_namespaced_pod': ['GET', `${CORE}/pods`],
  'CoreV1Api.read_namespaced_pod_log': ['GET', `/api/v1/namespaces/{1}/pods/{0}/log`],
  'CoreV1Api.list_namespaced_service': ['GET', `${CORE}/services`],
  'CoreV1Api.read_namespaced_service': ['GET', `/api/v1/namespaces/{1}/services/{0}`],
  'CoreV1Api.patch_namespaced_service': ['PATCH', `/api/v1/namespaces/{1}/services/{0}`],
  'CoreV1Api.create_namespaced_config_map': ['POST', `${CORE}/configmaps`],
  'CoreV1Api.read_namespaced_config_map': ['GET', `/api/v1/namespaces/{1}/configmaps/{0}`],
  'CoreV1Api.replace_namespaced_config_map': ['PUT', `/api/v1/namespaces/{1}/configmaps/{0}`],
  'CoreV1Api.delete_namespaced_config_map': ['DELETE', `/api/v1/namespaces/{1}/configmaps/{0}`],
  'AppsV1Api.read_namespaced_deployment': ['GET', `/apis/apps/v1/namespaces/{1}/deployments/{0}`],
  'AppsV1Api.replace_namespaced_deployment': ['PUT', `/apis/apps/v1/namespaces/{1}/deployments/{0}`],
  'BatchV1Api.read_namespaced_job': ['GET', `/apis/batch/v1/namespaces/{1}/jobs/{0}`],
  'BatchV1Api.read_namespaced_job_status': ['GET', `/apis/batch/v1/namespaces/{1}/jobs/{0}/status`],
  'BatchV1Api.create_namespaced_job': ['POST', '/apis/batch/v1/namespaces/{}/jobs'],
  'BatchV1Api.delete_namespaced_job': ['DELETE', '/apis/batch/v1/namespaces/{1}/jobs/{0}'],
};

/**
 * The same requests as Python's client sends them, without Python: its headers, its way of writing JSON and times, a strategic merge
 * patch for every object.
 */
export class RawClient implements ClientLibrary {
  calls = 0;
  readonly #url: URL;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = new URL(url);
    this.#token = token;
  }

  async call(method: string, args: unknown[], keywords: Record<string, unknown> = {}): Promise<Json> {
    this.calls++;
    const known = CALLS[method];
    if (!known) throw new Error(`${method} is not in the table`);
    const [verb, template] = known;
    let used = 0;
    const path = template.replace(/\{(\d?)\}/g, (_, index: string) => {
      used = Math.max(used, Number(index || 0) + 1);
      return String(args[Number(index || 0)]);
    });
    const body = args[used] ?? keywords['body'];
    const query = keywords['label_selector']
      ? `?labelSelector=${encodeURIComponent(String(keywords['label_selector']))}`
      : '';
    const { status, text } = await this.#send(verb, path + query, body);
    if (status >= 400) throw new ApiException(status, text);
    return method.endsWith('_log') ? text : pythonTimes(JSON.parse(text));
  }

  #send(method: string, path: string, body: unknown): Promise<{ status: number; text: string }> {
    const headers: Record<string, string> = {
      'Accept-Encoding': 'identity',
      Accept: 'application/json',
      'User-Agent': 'OpenAPI-Generator/30.1.0/python',
      authorization: `Bearer ${this.#token}`,
      'Content-Type': method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json',
    };
    const text = body === undefined ? undefined : pythonJson(body);
    if (text !== undefined) headers['Content-Length'] = String(Buffer.byteLength(text));
    return new Promise((resolve, reject) => {
      const { hostname, port, pathname } = this.#url;
      const target = pathname.replace(/\/$/, '') + path;
      const call = httpRequest({ hostname, port, path: target, method, headers }, (answer) => {
        let out = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => {
          out += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: out }));
      });
      call.on('error', reject);
      call.end(text);
    });
  }

  async close(): Promise<void> {}
}

/** `json.dumps`: blanks after commas and colons, nothing but ASCII. */
function pythonJson(value: unknown): string {
  const text = JSON.stringify(value, null, 1).replace(/\n */g, (_gap, at, all) => (all[at - 1] === ',' ? ' ' : ''));
  return text.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Its models hold times as datetime and send them as ISO text with an offset. */
function pythonTimes(value: Json): Json {
  if (Array.isArray(value)) return value.map(pythonTimes);
  if (typeof value === 'string') return value.replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z$/, '$1+00:00');
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pythonTimes(item)]));
}
