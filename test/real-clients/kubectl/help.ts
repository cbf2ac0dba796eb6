import { readFileSync } from 'node:fs';
import type { Corpus } from '../lib/corpus.ts';

const texts = JSON.parse(
  readFileSync(new URL('../../../src/shell/kubectl/help.data.json', import.meta.url), 'utf8'),
) as Record<string, string>;

/** Every command's help. */
export const corpus: Corpus = {
  name: 'kubectl help',
  shared: true,
  independent: true,
  empty: true,
  steps: [
    ...Object.keys(texts).map((command) => `kubectl ${command} --help`.replace('  ', ' ')),
    'kubectl',
    'kubectl -h',
    'kubectl help',
    'kubectl help get',
    'kubectl help create secret generic',
    'kubectl help create bogus',
    'kubectl help bogus',
    'kubectl help bogus more',
    'kubectl get -h',
    'kubectl get pods -h',
    'kubectl -h get',
    'kubectl -n x get -h',
    'kubectl create -h',
    'kubectl create',
    'kubectl create secret',
    'kubectl config',
    'kubectl config view -h',
    'kubectl rollout',
    'kubectl set',
    'kubectl auth',
    'kubectl top',
    'kubectl top po -h',
    'kubectl certificate',
    'kubectl plugin',
    'kubectl alpha',
    'kubectl options x',
    'kubectl log --help',
    'kubectl create cm --help',
    'kubectl create sa --help',
    'kubectl create ns -h',
    'kubectl create deploy -h',
    'kubectl create svc np -h',
    'kubectl create svc nodeport -h',
    'kubectl set sa -h',
    'kubectl config use -h',
  ],
};
