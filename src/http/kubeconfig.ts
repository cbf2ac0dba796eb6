export interface KubeconfigOptions {
  url: string;
  /** The operator's. */
  token: string;
  /** Of the first context, cluster and user; the others are named after it (`aiopslab-viewer`). */
  name?: string;
  namespace?: string;
  /** Tokens of further identities, by name. */
  others?: Readonly<Record<string, string>>;
}

/**
 * A kubeconfig for a served cluster, with a context for each identity; the caller writes it to a file (mode 0600).
 * Clients in JavaScript ask for `insecure-skip-tls-verify` before they speak plain HTTP.
 * The token stands in the server's path as well: client-go drops a user's token when the server is plain HTTP.
 */
export function writeKubeconfig({ url, token, name = 'aiopslab', namespace, others = {} }: KubeconfigOptions): string {
  const identities = [
    { name, user: 'operator', token },
    ...Object.entries(others).map(([user, own]) => ({ name: `${name}-${user}`, user, token: own })),
  ];
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: identities.map((one) => ({
      name: one.name,
      cluster: { server: `${url}/token/${one.token}`, 'insecure-skip-tls-verify': true },
    })),
    users: identities.map((one) => ({ name: one.user, user: { token: one.token } })),
    contexts: identities.map((one) => ({
      name: one.name,
      context: { cluster: one.name, user: one.user, ...(namespace ? { namespace } : {}) },
    })),
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
