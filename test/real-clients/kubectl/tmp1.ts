import type { Corpus } from '../lib/corpus.ts';

const NS = '-n test-hotel-reservation';
export const corpus: Corpus = {
  name: 'kubectl t',
  shared: true,
  files: {},
  steps: [
    `kubectl get events ${NS} -o name | wc -l; exit $RANDOM`,
    `kubectl get events ${NS} --sort-by=.lastTimestamp -o jsonpath='{range .items[*]}{.lastTimestamp} {.metadata.name}{"\\n"}{end}'`,
    `kubectl get events ${NS} --sort-by=.type -o jsonpath='{range .items[*]}{.lastTimestamp} {.metadata.name}{"\\n"}{end}'`,
    `kubectl get events ${NS} --sort-by=.nothing.x -o jsonpath='{range .items[*]}{.lastTimestamp} {.metadata.name}{"\\n"}{end}'`,
    `kubectl get events ${NS} --sort-by=.reason -o name`,
    `kubectl get events ${NS} --sort-by=.involvedObject.kind -o name`,
    `kubectl get events ${NS} --sort-by=.count -o name`,
    `kubectl get events ${NS} -o name`,
    `kubectl get clusterroles --sort-by=.kind -o name`,
    `kubectl get clusterroles --sort-by=.metadata.labels.x -o name`,
    `kubectl get events ${NS} --sort-by=.lastTimestamp`,
    `kubectl get events ${NS} --sort-by=.reason`,
  ],
};
