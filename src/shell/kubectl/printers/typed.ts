import data from '../../../kube/k8s-api-v1.35.data.json' with { type: 'json' };
import { isMap, type Json } from '../../../kube/object.ts';

/** Messages of the API, their fields in the order of the Go structs. */
const messages = data.protobuf as unknown as Record<string, Record<string, [number, string]>>;

const bare = (type: string): string => /^(?:repeated<|map<string,)(.+)>$/.exec(type)?.[1] ?? type;

function messageOf({ apiVersion = '', kind = '' }: Json): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  return `k8s.io.api.${group.split('.')[0]}.${version}.${kind}`;
}

/** Copies a value with its fields in the order of `message`; what that does not know comes last. */
function inOrder(value: Json, message: string): Json {
  if (Array.isArray(value)) return value.map((item) => inOrder(item, message));
  const fields = messages[message];
  if (!isMap(value) || !fields) return value;
  const out: Json = {};
  const take = (of: Record<string, [number, string]>): void => {
    for (const [name, [, type]] of Object.entries(of)) {
      const key = Object.keys(value).find((one) => one.toLowerCase() === name.toLowerCase());
      if (key !== undefined && type.startsWith('map<'))
        out[key] = Object.fromEntries(Object.entries(value[key]).map(([k, v]) => [k, inOrder(v, bare(type))]));
      else if (key !== undefined) out[key] = inOrder(value[key], bare(type));
      // an embedded struct, such as the source of a volume
      else if (messages[type] && Object.keys(value).some((one) => one in messages[type]!)) take(messages[type]!);
    }
  };
  take(fields);
  return { ...out, ...Object.fromEntries(Object.entries(value).filter(([key]) => !(key in out))) };
}

/** The object as Go's encoding of its struct orders it: kind and apiVersion, then the fields as they are declared. */
export function structOrder(object: Json): Json {
  if (Array.isArray(object.items) && object.kind.endsWith('List')) {
    const { items, ...rest } = object;
    return { ...rest, items: items.map(structOrder) };
  }
  const { kind, apiVersion, ...rest } = object;
  return { kind, apiVersion, ...inOrder(rest, messageOf(object)) };
}
