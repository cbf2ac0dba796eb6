import { compareClients } from './lib/compare.ts';

const NS = '-n test-hotel-reservation';
const POD = `$(kubectl get pods ${NS} -l io.kompose.service=geo -o name)`;
const CRASH =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: crash}\nspec:\n  containers:\n  - name: main\n    image: busybox:1.36\n    command: [sh, -c, "echo starting; exit 3"]\n  - name: side\n    image: busybox:1.36\n    command: [sh, -c, "echo beside; sleep 3600"]\n';

compareClients('pods', { 'crash.yaml': CRASH, 'notes.txt': 'one\ntwo\n' }, [
  `kubectl logs deployment/geo ${NS} --tail=3`,
  `kubectl logs ${POD} ${NS} --tail=2 --timestamps | cut -d' ' -f2-`,
  `kubectl logs -l io.kompose.service=geo ${NS} --tail=1 --prefix`,
  `kubectl logs ${POD} ${NS} --since=1s`,
  `kubectl logs ${POD} ${NS} --since-time=2020-01-01T00:00:00Z --limit-bytes=40`,
  `kubectl logs ${POD} ${NS} -c nothing`,
  `kubectl logs nothing ${NS}`,
  `kubectl logs -p ${POD} ${NS}`,
  { run: 'kubectl apply -f crash.yaml', settle: 20 },
  'kubectl logs crash',
  'kubectl logs crash -c main -p',
  // kubectl asks its containers in the order of a Go map.
  { run: 'kubectl logs crash --all-containers', unordered: true },
  { run: 'kubectl logs crash --all-containers --prefix', unordered: true },
  'kubectl get pod crash',
  "kubectl describe pod crash | grep -vE 'Normal|Warning'",
  `kubectl exec ${POD} ${NS} -- echo hello`,
  `kubectl exec ${POD} ${NS} -- sh -c 'echo out; echo err >&2; exit 4'`,
  `echo fed | kubectl exec -i ${POD} ${NS} -- cat`,
  `kubectl exec ${POD} ${NS} -- nothing`,
  `kubectl exec deployment/geo ${NS} -- cat /etc/resolv.conf`,
  `kubectl exec nothing ${NS} -- ls`,
  `kubectl exec ${POD} ${NS} -c nothing -- ls`,
  `kubectl exec crash -c side -- ls /`,
  `kubectl exec crash -- ls /`,
  `kubectl exec ${POD} ${NS}`,
  'kubectl cp notes.txt crash:/tmp/notes.txt -c side',
  'kubectl exec crash -c side -- cat /tmp/notes.txt',
  'kubectl cp crash:/tmp/notes.txt back.txt -c side && cat back.txt',
  'kubectl run once --image=busybox:1.36 --restart=Never -- sh -c "echo from run"',
  { run: 'kubectl get pod once', settle: 3 },
  'kubectl logs once',
  'kubectl run lab --image=nginx:1.25 --port=80 --labels=a=b --env=X=1 --dry-run=client -o yaml',
  'kubectl run asked --rm -i --restart=Never --image=busybox:1.36 -- echo from attach',
  'kubectl delete pod crash once --now',
  'kubectl get pods',
]);
