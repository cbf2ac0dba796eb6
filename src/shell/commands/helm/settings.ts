/** Helm's folders and files by the environment, as its command `env` shows them. */
export function settings(env: ReadonlyMap<string, string>, namespace: string): Record<string, string> {
  const get = (name: string, fallback: string): string => env.get(name) || fallback;
  const home = env.get('HOME') ?? '/home/agent';
  const cache = get('HELM_CACHE_HOME', `${get('XDG_CACHE_HOME', `${home}/.cache`)}/helm`);
  const config = get('HELM_CONFIG_HOME', `${get('XDG_CONFIG_HOME', `${home}/.config`)}/helm`);
  const data = get('HELM_DATA_HOME', `${get('XDG_DATA_HOME', `${home}/.local/share`)}/helm`);
  return {
    HELM_BIN: 'helm',
    HELM_BURST_LIMIT: get('HELM_BURST_LIMIT', '100'),
    HELM_CACHE_HOME: cache,
    HELM_CONFIG_HOME: config,
    HELM_CONTENT_CACHE: get('HELM_CONTENT_CACHE', `${cache}/content`),
    HELM_DATA_HOME: data,
    HELM_DEBUG: get('HELM_DEBUG', 'false'),
    HELM_KUBEAPISERVER: get('HELM_KUBEAPISERVER', ''),
    HELM_KUBEASGROUPS: get('HELM_KUBEASGROUPS', ''),
    HELM_KUBEASUSER: get('HELM_KUBEASUSER', ''),
    HELM_KUBECAFILE: get('HELM_KUBECAFILE', ''),
    HELM_KUBECONTEXT: get('HELM_KUBECONTEXT', ''),
    HELM_KUBEINSECURE_SKIP_TLS_VERIFY: get('HELM_KUBEINSECURE_SKIP_TLS_VERIFY', 'false'),
    HELM_KUBETLS_SERVER_NAME: get('HELM_KUBETLS_SERVER_NAME', ''),
    HELM_KUBETOKEN: get('HELM_KUBETOKEN', ''),
    HELM_MAX_HISTORY: get('HELM_MAX_HISTORY', '10'),
    HELM_NAMESPACE: namespace,
    HELM_PLUGINS: get('HELM_PLUGINS', `${data}/plugins`),
    HELM_QPS: Number(get('HELM_QPS', '0')).toFixed(2),
    HELM_REGISTRY_CONFIG: get('HELM_REGISTRY_CONFIG', `${config}/registry/config.json`),
    HELM_REPOSITORY_CACHE: get('HELM_REPOSITORY_CACHE', `${cache}/repository`),
    HELM_REPOSITORY_CONFIG: get('HELM_REPOSITORY_CONFIG', `${config}/repositories.yaml`),
  };
}
