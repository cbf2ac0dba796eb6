import type { Json } from '../../../src/kube/object.ts';
import type { ApiResponse } from '../../../src/sim/api/api.ts';
import type { ApiServer } from '../../../src/sim/api/server.ts';
import { createApiServer } from '../../../src/sim/api/server.ts';
import { World } from '../../../src/sim/world.ts';

export const ADMIN = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** An API server with schema-only kinds: the machinery alone. */
export function bareServer(): { world: World; api: ApiServer } {
  const world = new World({ seed: 'api' });
  return { world, api: createApiServer({ world, kinds: [], admission: [] }) };
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Json;
}

/** One request as a client would send it; the body is JSON unless it is text already. */
export function call(
  api: ApiServer,
  method: string,
  path: string,
  body?: Json,
  headers: Record<string, string> = {},
): Answer {
  const response = raw(api, method, path, body, headers);
  return { status: response.status, headers: response.headers, body: JSON.parse(response.body) };
}

export function raw(
  api: ApiServer,
  method: string,
  path: string,
  body?: Json,
  headers: Record<string, string> = {},
): ApiResponse {
  const text =
    body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  let answer: ApiResponse | undefined;
  api.handler.handle(
    {
      method,
      path,
      headers: { 'content-type': 'application/json', 'user-agent': 'curl/8', ...headers },
      body: text,
      user: ADMIN,
    },
    (response) => {
      answer = response;
    },
  );
  if (!answer) throw new Error('no answer');
  return answer;
}
