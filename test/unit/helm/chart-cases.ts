/** Command lines that are recorded with the real helm in the folder of the fixtures and replayed by ours. */
export const CHART_CASES: readonly string[] = [
  'helm template rel shop',
  'helm template my-shop shop -n prod --set ingress.enabled=true,ingress.className=nginx --set ingress.tls[0].secretName=tls,ingress.tls[0].hosts={a.example,b.example}',
  'helm template rel shop --set autoscaling.enabled=true --api-versions autoscaling/v2/HorizontalPodAutoscaler --skip-tests',
  'helm template rel shop --set sessions.enabled=true,cache.enabled=false --set-string sessions.port=11212 --set global.imageRegistry=registry.example --set global.labels.team=web',
  'helm template rel shop --include-crds --no-hooks -s templates/service.yaml',
  'helm template rel shop --set tags.state=true --set podAnnotations.a=b --set-json nodeSelector={"disk":"ssd"} --set service.annotations.x=y -s templates/deployment.yaml -s charts/cache/templates/all.yaml',
  'helm template rel shop --set image.repository=null',
  'helm template rel shop --set serviceAccount.create=false,fullnameOverride=front --set replicaCount=3 --kube-version 1.30.0 --is-upgrade',
  'helm template rel shop --kube-version 1.20.0',
  'helm template rel shop -s templates/nope.yaml',
  'helm template shop',
  'helm show chart shop',
  'helm show values shop/charts/cache',
  'helm show crds shop',
  'helm lint shop',
  'helm lint shop nope',
];
