import { compareCorpus } from './lib/compare.ts';
import { corpora } from './kubectl/index.ts';

for (const corpus of corpora) compareCorpus(corpus);
