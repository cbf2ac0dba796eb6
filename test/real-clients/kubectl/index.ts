import type { Corpus } from '../lib/corpus.ts';
import { corpus as changing } from './changing.ts';
import { corpus as configuring } from './configuring.ts';
import { corpus as creating } from './creating.ts';
import { corpus as help } from './help.ts';
import { corpus as kustomizations } from './kustomizations.ts';
import { corpus as kustomizing } from './kustomizing.ts';
import { corpus as looking } from './looking.ts';
import { corpus as measuring } from './measuring.ts';
import { corpus as misuse } from './misuse.ts';
import { corpus as printing } from './printing.ts';
import { corpus as reading } from './reading.ts';
import { corpus as sessions } from './sessions.ts';

/** All commands that the real kubectl and the agent's shell are compared in, beside the older suites of this folder. */
export const corpora: Corpus[] = [
  reading,
  printing,
  creating,
  looking,
  measuring,
  configuring,
  kustomizing,
  kustomizations,
  misuse,
  help,
  changing,
  sessions,
];
