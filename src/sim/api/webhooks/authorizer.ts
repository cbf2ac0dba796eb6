import type { AdmissionRequest } from '../admission.ts';
import { CelError, Opaque, type Value } from '../cel/index.ts';
import type { Attributes, Decision } from '../rbac.ts';

type Ask = (attributes: Partial<Attributes>) => Decision;

const text = (value: Value | undefined): string => {
  if (typeof value !== 'string') throw new CelError('no such overload');
  return value;
};

/** `authorizer` of admission's expressions: asks what the request's user, or a service account, may do. */
export class Authorizer extends Opaque {
  readonly typeName = 'kubernetes.authorization.Authorizer';
  readonly #ask: Ask;
  readonly #request: AdmissionRequest;

  constructor(request: AdmissionRequest, user = request.user) {
    super();
    this.#request = request;
    this.#ask = (attributes) => request.authorize?.({ user, ...attributes }) ?? { allowed: false, reason: '' };
  }

  call(method: string, args: readonly Value[]): Value {
    const [first, second] = args;
    if (method === 'path') return new Check(this.#ask, { nonResourcePath: text(first) });
    if (method === 'group') return new Check(this.#ask, { group: text(first) });
    if (method === 'serviceAccount') {
      const [namespace, name] = [text(first), text(second)];
      const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
      return new Authorizer(this.#request, { username: `system:serviceaccount:${namespace}:${name}`, groups });
    }
    if (method !== 'requestResource') throw new CelError('no such overload');
    const { ref, resource, subresource, namespace, name } = this.#request;
    return new Check(this.#ask, { group: ref.group, resource, subresource, namespace, name });
  }
}

/** What is asked about, said bit by bit. */
class Check extends Opaque {
  readonly typeName = 'kubernetes.authorization.ResourceCheck';
  readonly #ask: Ask;
  readonly #attributes: Partial<Attributes>;

  constructor(ask: Ask, attributes: Partial<Attributes>) {
    super();
    this.#ask = ask;
    this.#attributes = attributes;
  }

  call(method: string, args: readonly Value[]): Value {
    if (method === 'check') return new Answer(this.#ask({ ...this.#attributes, verb: text(args[0]) }));
    if (!['resource', 'subresource', 'namespace', 'name'].includes(method)) throw new CelError('no such overload');
    return new Check(this.#ask, { ...this.#attributes, [method]: text(args[0]) });
  }
}

class Answer extends Opaque {
  readonly typeName = 'kubernetes.authorization.Decision';
  readonly #decision: Decision;

  constructor(decision: Decision) {
    super();
    this.#decision = decision;
  }

  call(method: string): Value {
    if (method === 'allowed') return this.#decision.allowed;
    if (method === 'errored') return false;
    if (method === 'reason') return this.#decision.reason;
    if (method === 'error') return '';
    throw new CelError('no such overload');
  }
}
