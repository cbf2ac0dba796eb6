import type { Json } from '../kube/object.ts';
import type { ApiResponse } from '../sim/api/api.ts';
import { notAcceptable } from '../sim/api/errors.ts';
import { builtinResources, groupVersion } from '../sim/api/facts.ts';
import { parseResourcePath, splitTarget } from '../sim/api/path.ts';
import { decodeProtobuf } from '../sim/api/protobuf.ts';
import { encodeProtobuf, encodeWatchEvent } from '../sim/api/protobuf-encode.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const READABLE = ['application/json', 'application/yaml', '*/*', 'application/*'];
const OFFERED = 'application/json, application/yaml';

let builtin: Set<string> | undefined;

/** Whether what this path names has a protobuf form (custom resources have none). */
function isBuiltin(url: string): boolean {
  const path = parseResourcePath(splitTarget(url).path);
  if (!path) return false;
  builtin ??= new Set(builtinResources().map((info) => `${groupVersion(info)}/${info.resource}`));
  return builtin.has(`${groupVersion(path)}/${path.resource}`);
}

/**
 * What a client that prefers protobuf is answered in. The API server inside speaks JSON, whose timestamps are moved at the
 * edge; the edge turns it into protobuf. `accept` is what the server inside is to see.
 */
export function negotiateFormat(accept: string | undefined, url: string): { protobuf: boolean; accept?: string } {
  if (!accept?.includes(PROTOBUF)) return { protobuf: false, accept };
  const clauses = accept.split(',').map((clause) => clause.trim());
  for (const clause of clauses) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (READABLE.includes(type)) return { protobuf: false, accept };
    if (type !== PROTOBUF || parameters.some((p) => p === 'as=Table')) continue;
    const kept = parameters.filter((p) => /^(as|g|v)=/.test(p));
    if (isBuiltin(url)) return { protobuf: true, accept: ['application/json', ...kept].join(';') };
  }
  return { protobuf: false, accept };
}

/** A protobuf body as the JSON text that says the same. Throws ApiError 400 for bytes that are none. */
export function jsonOfBody(contentType: string, body: Buffer): string | undefined {
  if (!contentType.startsWith(PROTOBUF)) return undefined;
  return JSON.stringify(decodeProtobuf(body));
}

/** A whole JSON answer in protobuf; undefined when it stays as it is (texts, tables). */
export function asProtobuf(answer: ApiResponse, text: string): { type: string; body: Buffer } | undefined {
  if (answer.headers['content-type'] !== 'application/json') return undefined;
  const body = encodeProtobuf(JSON.parse(text));
  return body && { type: PROTOBUF, body };
}

export const WATCH_TYPE = `${PROTOBUF};stream=watch`;

/** Lines of a JSON watch as frames of a protobuf watch. */
export function watchFrames(lines: string): Buffer {
  const frames = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: Json };
      const frame = encodeWatchEvent(type, object);
      if (!frame) throw notAcceptable(OFFERED);
      return frame;
    });
  return Buffer.concat(frames);
}
