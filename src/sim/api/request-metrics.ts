import type { Store } from './store.ts';

interface Request {
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  scope: string;
  code: number;
}

/** What `/metrics` tells of the API server: requests by kind and outcome, and what is stored. */
export class RequestMetrics {
  readonly #requests = new Map<string, number>();
  readonly #startedMs: number;

  constructor(nowMs: number) {
    this.#startedMs = nowMs;
  }

  count(request: Request): void {
    const { verb, code, group, resource, scope, subresource, version } = request;
    const labels = `code="${code}",component="apiserver",dry_run="",group="${group}",resource="${resource}",scope="${scope}",subresource="${subresource}",verb="${verb}",version="${version}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
  }

  /** Prometheus' text format. */
  text(store: Store): string {
    const requests = [...this.#requests].sort(([a], [b]) => (a < b ? -1 : 1));
    const stored = store.storages().map((name) => {
      const [first = '', second] = name.split('/');
      return [`group="${second === undefined ? '' : first}",resource="${second ?? first}"`, store.count(name)] as const;
    });
    const family = (
      name: string,
      type: string,
      help: string,
      samples: readonly (readonly [string, number])[],
    ): string =>
      `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`).join('')}`;
    return [
      family('apiserver_request_total', 'counter', '[STABLE] Requests by verb, resource and HTTP code.', requests),
      family('apiserver_resource_objects', 'gauge', '[ALPHA] Stored objects by resource.', stored),
      family('process_start_time_seconds', 'gauge', 'Start of the process since the epoch.', [
        ['', this.#startedMs / 1000],
      ]),
    ].join('');
  }
}
