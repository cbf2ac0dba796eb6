import { beforeAll, describe, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const { sh } = embeddedShell('web');

const PODS = `apiVersion: v1
kind: ConfigMap
metadata: { name: site }
data:
  default.conf: |
    upstream api { server echo:5678; }
    map $http_x_team $team { default none; ops "the ops"; }
    server {
      listen 8080;
      root /srv;
      location / { index index.html; }
      location = /health { return 200 "ok\\n"; }
      location /old { return 301 /new; }
      location /api/ { proxy_pass http://api/; }
      location /team { return 200 "$team $request_method\\n"; }
      location /spa/ { try_files $uri /index.html; }
      error_page 404 /missing.html;
    }
  index.html: "<h1>from a ConfigMap</h1>"
  missing.html: "nothing here"
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: nginx
        image: nginx:1.27
        volumeMounts:
        - { name: site, mountPath: /etc/nginx/conf.d/default.conf, subPath: default.conf }
        - { name: site, mountPath: /srv }
      volumes:
      - name: site
        configMap: { name: site }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`;

const wget = (path: string, more = '') => sh(`kubectl exec box -- wget -qO- ${more} http://web${path}`);

beforeAll(async () => {
  await sh(`cat > /tmp/pods.yaml <<'EOF2'\n${PODS}EOF2`);
  await sh('kubectl run box --image=busybox:1.36 --restart=Never -- sleep 360000');
  await sh('kubectl create deployment echo --image=hashicorp/http-echo:1.0 -- /http-echo -text=hello -listen=:5678');
  await sh('kubectl expose deployment echo --port=5678; kubectl rollout status deployment/echo');
  await sh(
    'kubectl apply -f /tmp/pods.yaml; kubectl rollout status deployment/web; kubectl wait --for=condition=Ready pod/box',
  );
});

describe('nginx behind a Service', () => {
  it('serves files and answers of its ConfigMap', async () => {
    expect((await wget('/')).stdout).toBe('<h1>from a ConfigMap</h1>');
    expect((await wget('/health')).stdout).toBe('ok\n');
    expect((await wget('/spa/page')).stdout).toBe('<h1>from a ConfigMap</h1>');
    expect((await wget('/team', '--header "X-Team: ops"')).stdout).toBe('the ops GET\n');
    expect((await wget('/nope')).stderr).toContain('wget: server returned error: HTTP/1.1 404 Not Found');
    expect((await wget('/old', '-S')).stderr).toContain('HTTP/1.1 301 Moved Permanently');
  });

  it('passes requests to http-echo, and tells when that is gone', async () => {
    expect((await wget('/api/x')).stdout).toBe('hello\n');
    await sh('kubectl scale deployment echo --replicas=0; sleep 5');
    expect((await wget('/api/x')).stderr).toContain('502 Bad Gateway');
    const log = (await sh('kubectl logs deploy/web')).stdout;
    expect(log).toContain('/docker-entrypoint.sh: Configuration complete; ready for start up\n');
    expect(log).toMatch(
      /\[error\] \d+#\d+: \*\d+ connect\(\) failed \(111: Connection refused\) while connecting to upstream, client: 10\.244\.\d+\.\d+, server: , request: "GET \/api\/x HTTP\/1\.1", upstream: "http:\/\/10\.96\.\d+\.\d+:5678\/x", host: "web"\n/,
    );
    expect(log).toMatch(/"GET \/health HTTP\/1\.1" 200 3 "-" "Wget" "-"\n/);
  });

  it.each([
    ['serverr { listen 80; }', 'unknown directive "serverr" in /etc/nginx/conf.d/default.conf:1'],
    ['server {\n  listen 80\n  root /srv;\n}', 'invalid parameter "root" in /etc/nginx/conf.d/default.conf:3'],
    ['server {\n  listen 80;', 'unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf:3'],
    ['listen 80;', '"listen" directive is not allowed here in /etc/nginx/conf.d/default.conf:1'],
    [
      'server {\n location / { proxy_pass http://nosuch:80; }\n}',
      'host not found in upstream "nosuch" in /etc/nginx/conf.d/default.conf:2',
    ],
    ['server { location / { proxy_pass api; } }', 'invalid URL prefix in /etc/nginx/conf.d/default.conf:1'],
  ])('ends with 1 over %j', async (config, message) => {
    await sh(`cat > /tmp/default.conf <<'EOF2'\n${config}\nEOF2`);
    await sh(
      'kubectl delete cm/bad pod/bad --ignore-not-found --now; kubectl create cm bad --from-file=/tmp/default.conf',
    );
    await sh(
      `kubectl run bad --image=nginx --restart=Never --overrides='{"spec":{"containers":[{"name":"bad","image":"nginx","volumeMounts":[{"name":"c","mountPath":"/etc/nginx/conf.d"}]}],"volumes":[{"name":"c","configMap":{"name":"bad"}}]}}'; sleep 30`,
    );
    expect((await sh('kubectl logs bad')).stdout.split('\n').at(-2)).toBe(`nginx: [emerg] ${message}`);
    expect(
      (await sh('kubectl get pod bad -o jsonpath={.status.containerStatuses[0].state.terminated.exitCode}')).stdout,
    ).toBe('1');
  });

  it('checks and reloads its configuration', async () => {
    expect((await sh('kubectl exec deploy/web -- nginx -t')).stderr).toBe(
      'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
    );
    await sh(
      'kubectl exec deploy/web -- sh -c "echo \'server { listen 9090; return 200 nine; }\' > /etc/nginx/conf.d/x.conf"',
    );
    await sh('kubectl exec deploy/web -- nginx -s reload; sleep 2');
    const ip = (await sh('kubectl get pod -l app=web -o jsonpath={.items[0].status.podIP}')).stdout;
    expect((await sh(`kubectl exec box -- wget -qO- http://${ip}:9090`)).stdout).toBe('nine');
  });
});

describe('curl', () => {
  it('tells status, failures and exit codes', async () => {
    await sh('kubectl run curl --image=curlimages/curl --restart=Never --command -- sleep 360000; sleep 20');
    const curl = (args: string) => sh(`kubectl exec curl -- curl -s ${args}`);
    expect(await curl("-o /dev/null -w '%{http_code}' http://web/health")).toEqual({
      stdout: '200',
      stderr: '',
      exitCode: 0,
    });
    expect((await curl('-S http://nosuch')).stderr).toBe(
      'curl: (6) Could not resolve host: nosuch\ncommand terminated with exit code 6\n',
    );
    expect((await curl('-f http://web/nope')).exitCode).toBe(22);
    expect((await curl('-g -q --interface eth0 http://web/health?x=1#top')).stdout).toBe('ok\n');
    expect((await curl('-S --interface 10.9.9.9 http://web')).exitCode).toBe(45);
    expect((await curl('--wrong http://web')).stderr).toBe(
      "curl: option --wrong: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n" +
        'command terminated with exit code 2\n',
    );
    expect((await curl('-m 2 http://10.1.2.3')).exitCode).toBe(28);
  });
});
