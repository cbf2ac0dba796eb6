/**
 * Clients in JavaScript ask for `insecure-skip-tls-verify` before they speak plain HTTP.
 * The token stands in the server's path as well: client-go drops a user's token when the server is plain HTTP.
 * A kubeconfig for a served cluster; the caller writes it to a file (mode 0600).
 */
export function writeKubeconfig(options: { url: string; token: string; name?: string; namespace?: string }): string {
  const name = options.name ?? 'aiopslab';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { server: `${options.url}/token/${options.token}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'operator', user: { token: options.token } }],
    contexts: [
      {
        name,
        context: { cluster: name, user: 'operator', ...(options.namespace ? { namespace: options.namespace } : {}) },
      },
    ],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
