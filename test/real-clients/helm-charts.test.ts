import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { ChartServer, localNetwork } from './lib/chart-server.ts';
import { compareClients } from './lib/compare.ts';

const FIXTURES = fileURLToPath(new URL('../unit/helm/fixtures', import.meta.url));
const server = new ChartServer();
afterAll(() => server.close());

function fixtures(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(FIXTURES, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[path.slice(FIXTURES.length + 1)] = readFileSync(path, 'utf8');
  }
  return files;
}

const PARENT = `apiVersion: v2
name: parent
version: 1.2.3
appVersion: "9"
dependencies:
  - name: web
    version: ">=0.1.0"
    repository: file://../web
  - name: other
    alias: second
    version: 1.x.x
    repository: "@local"
    condition: second.enabled
    tags: [extra]
`;
const ODD = `apiVersion: v1
name: Odd_Name
version: 1.2
type: library
maintainers: [{email: nobody}]
sources: ["not a url"]
unknown: 1
`;

compareClients(
  'helm-charts',
  {
    ...fixtures(),
    'parent/Chart.yaml': PARENT,
    'parent/values.yaml': 'web:\n  replicaCount: 3\nglobal: {team: a}\n',
    'parent/templates/cm.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata:\n  team: {{ .Values.global.team }}\n',
    'odd/Chart.yaml': ODD,
    'odd/templates/a.yaml': '  kind: Pod\n  metadata: {name: BAD}\n',
    'odd/templates/b.txtx': 'x',
    'odd/templates/c.yaml': 'kind: Deployment\nmetadata: {name: x}\n',
    'req/Chart.yaml': 'apiVersion: v2\nname: req\nversion: 0.1.0\nicon: https://x/y.png\n',
    'req/values.yaml': 'a: 1\n',
    'req/templates/a.yaml':
      'kind: ConfigMap\nmetadata: {name: "{{ required "say b" .Values.b }}"}\ndata: {x: "{{ fail "no" }}"}\n',
    'req/README.md': '# req\n',
    'v.yaml': 'replicaCount: 4\nimage: {tag: "2"}\n',
    'broken.yaml': 'a: [1\n',
    'text.txt': 'some text\n',
  },
  [
    'helm',
    'helm help',
    'helm --help',
    'helm -h',
    ...(
      'completion|create|dependency|dependency build|dependency list|dependency update|env|get|get all|get hooks|get manifest|' +
      'get metadata|get notes|get values|history|install|lint|list|package|plugin|pull|push|registry|repo|repo add|repo index|' +
      'repo list|repo remove|repo update|rollback|search|search hub|search repo|show|show all|show chart|show crds|show readme|' +
      'show values|status|template|test|uninstall|upgrade|verify|version'
    )
      .split('|')
      .map((command) => `helm ${command} --help`),
    'helm help install | head -5',
    'helm help repo add | tail -3',
    'helm nope',
    'helm lst',
    'helm repo nope | head -3',
    'helm get',
    'helm list extra',
    'helm install',
    'helm install a b c',
    'helm upgrade x',
    'helm status',
    'helm lint',
    'helm repo add a',
    'helm list --nope',
    'helm list -z',
    'helm list --max x',
    'helm list --max',
    'helm list -o wide',
    'helm install a ./b --wait=bogus',
    'helm install a ./b --timeout 5',
    'helm install a ./b --timeout 5x',
    'helm install --dry-run=bogus a ./web',
    'helm template x ./web --post-renderer nope',
    'helm history a b',
    'helm env | grep -v HELM_BIN',
    'helm env HELM_REPOSITORY_CACHE',
    'helm env NOPE',
    'helm version --short',
    'helm version',
    "helm version --template '{{.Version}} {{ .GoVersion | upper }}'",
    'helm plugin list',
    'helm create made && find made | sort',
    'cat made/Chart.yaml made/values.yaml made/templates/_helpers.tpl',
    'helm create "bad name"',
    'helm create a/b/c',
    'helm lint made web shop',
    'helm lint odd',
    'helm lint odd --strict',
    'helm lint req',
    'helm lint req --set b=x --quiet',
    'helm lint strict | grep -v at',
    'helm lint nothere',
    'helm lint shop --with-subcharts',
    'helm template req',
    'helm template req --set b=x',
    'helm show all req',
    'helm show readme req',
    'helm show values req',
    "helm show values req --jsonpath '{.a}'",
    'helm show chart shop',
    'helm show crds shop',
    'helm show all nothere',
    'helm show chart ./nothere',
    'helm template rel web -f v.yaml',
    'helm template rel web -f v.yaml --set replicaCount=5 --set-string image.tag=3 --set-file text=text.txt --set-literal lit=a,b=c | head -60',
    `helm template rel web --set-json 'podAnnotations={"a":"b"}' --set 'tolerations[0].key=x,tolerations[0].operator=Exists'`,
    'helm template rel web --set autoscaling.enabled=true,ingress.enabled=true,httpRoute.enabled=true',
    'helm template rel web --set image=plain 2>&1 | head -20',
    'helm template rel shop --set service=1,global=x',
    'helm template rel shop --set cache=5',
    'helm template rel web --set a',
    'helm template rel web --set a=1,',
    'helm template rel web --set a[x]=1',
    'helm template rel web --set a[-1]=1',
    'helm template rel web --set =1',
    'helm template rel web --set-json a=[',
    'helm template rel web --set-file a=nofile',
    'helm template rel web -f nofile.yaml',
    'helm template rel web -f broken.yaml',
    'helm template rel web --kube-version 1.20 -s templates/ingress.yaml --set ingress.enabled=true',
    'helm template rel web --kube-version nope',
    'helm template web --generate-name | head -3',
    `helm template web --name-template 'a-{{ "B" | lower }}' -s templates/service.yaml`,
    'helm template rel web -n other -s templates/service.yaml,templates/serviceaccount.yaml',
    'helm template rel web --show-only templates/service.yaml --show-only templates/tests/test-connection.yaml',
    'helm template rel web --skip-tests | grep -c kind',
    'helm template rel web --output-dir out && find out -type f | sort && cat out/web/templates/service.yaml',
    'helm template rel web --output-dir out2 --release-name | head -3',
    'helm template rel web --set image.tag=null -s templates/deployment.yaml',
    'helm template rel shop --include-crds | head -30',
    'helm template rel shop --set tags.state=true --debug 2>/dev/null | head -20',
    'helm template Bad_Name web',
    'helm package web',
    'helm package web --version 0.2.0 --app-version 7 -d pkgs',
    'helm package web --version nope',
    'helm package other --version 1.0.0 -d pkgs',
    'helm package nothere',
    'helm package parent',
    'helm show chart pkgs/web-0.2.0.tgz',
    'helm template rel pkgs/web-0.2.0.tgz -s templates/service.yaml',
    'helm repo list',
    'helm repo update',
    'helm repo remove x',
    'helm search repo',
    'helm search repo x -o json',
    'helm repo add local $REPO',
    'helm repo add local $REPO',
    'helm repo add local $REPO/other',
    'helm repo add bad/name $REPO',
    'helm repo add bad $REPO/nothing',
    'helm repo add bad ftp://x',
    'helm repo list',
    'helm repo list -o json',
    'helm repo list -o yaml --no-headers',
    'helm repo update',
    'helm repo update local',
    'helm repo update nope',
    'cat .config/helm/repositories.yaml',
    'helm search repo',
    'helm search repo other',
    'helm search repo local/web -l',
    'helm search repo web --version "<0.3"',
    'helm search repo web --version ">9"',
    'helm search repo zzz',
    'helm search repo zzz --fail-on-no-result',
    'helm search repo -o yaml',
    'helm search repo --devel -l -o json',
    'helm search repo "we." -r',
    'helm show chart local/web',
    'helm show values local/web --version 0.1.0 | head -5',
    'helm show chart local/nope',
    'helm show chart local/web --version 99',
    'helm show chart local/web --version "~0.1"',
    'helm template rel local/other | head -12',
    'helm template rel other --repo $REPO | head -12',
    'helm template rel nope --repo $REPO',
    'helm pull local/web && ls web-*.tgz',
    'helm pull local/web --version 0.1.0 --untar && ls web | head -3',
    'helm pull local/other --untar --untardir un && find un -type f | sort',
    'helm pull local/nope',
    'helm pull nothing/web',
    'mkdir pulled && helm pull $REPO/web-0.1.0.tgz -d pulled && ls pulled',
    'helm pull http://127.0.0.1:1/x.tgz',
    'helm dependency list parent',
    'helm template rel parent',
    'helm dependency build parent',
    'helm dependency list parent',
    'cat parent/Chart.lock',
    'ls parent/charts',
    'helm dependency update parent --skip-refresh',
    'helm dep ls shop',
    'helm template rel parent | grep -E "^# Source|replicas|team"',
    'helm template rel parent --set second.enabled=false | grep -E "^# Source"',
    'helm lint parent',
    'helm package parent -u -d pkgs',
    'helm dependency list web',
    'helm repo index pkgs --url http://x.example/charts',
    'grep -vE "digest|created|generated" pkgs/index.yaml',
    'helm repo remove nope',
    'helm repo remove local',
    'helm repo list',
  ],
  async (twin) => {
    for (const chart of ['web', 'other']) {
      const made = await twin.real(`helm create ${chart}`);
      if (made.code !== 0) throw new Error(made.stderr);
      await twin.share(chart);
    }
    const packed = await twin.real(
      'mkdir served && helm package web -d served && helm package web --version 0.3.0-rc.1 -d served && ' +
        'helm package web --version 0.2.0 -d served && helm package other --version 1.4.0 -d served && helm repo index served',
    );
    if (packed.code !== 0) throw new Error(packed.stderr);
    await twin.export('REPO', await server.serve(join(twin.home, 'served')));
  },
  { empty: true, network: localNetwork },
);
