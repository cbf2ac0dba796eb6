import { corpora } from './kubectl/index.ts';
import { compareCorpus } from './lib/compare.ts';

for (const corpus of corpora) compareCorpus(corpus);
