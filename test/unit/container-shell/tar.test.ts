import { describe, expect, it } from 'vitest';
import { machine } from './lab.ts';

const TREE = 'cd /tmp; mkdir -p d/e; echo hi >d/a; ln -s a d/l; echo deep > d/e/f; tar cf x.tar d; ';

/** Words and exit codes recorded with busybox 1.35 and GNU tar 1.34. */
const RECORDED: [command: string, busybox: string, gnu: string][] = [
  ['tar tf x.tar', 'd/\nd/a\nd/e/\nd/e/f\nd/l\n', 'd/\nd/a\nd/e/\nd/e/f\nd/l\n'],
  [
    'tar xf nope.tar; echo $?',
    "tar: can't open 'nope.tar': No such file or directory\n1\n",
    'tar: nope.tar: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n2\n',
  ],
  [
    'tar cf - nope >/dev/null; echo $?',
    'tar: nope: No such file or directory\ntar: error exit delayed from previous errors\n1\n',
    'tar: nope: Cannot stat: No such file or directory\ntar: Exiting with failure status due to previous errors\n2\n',
  ],
  [
    'tar cf - /tmp/d/a | tar tf -',
    "tar: removing leading '/' from member names\ntmp/d/a\n",
    "tar: Removing leading `/' from member names\ntmp/d/a\n",
  ],
  [
    'echo hello world | tar xf -; echo $?',
    'tar: short read\n1\n',
    'tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors\n2\n',
  ],
  [
    'tar xf x.tar zz; echo $?',
    'tar: zz: not found in archive\n1\n',
    'tar: zz: Not found in archive\ntar: Exiting with failure status due to previous errors\n2\n',
  ],
  [
    'tar cf - ../tmp/d/a | tar t',
    "tar: removing leading '../' from member names\ntmp/d/a\n",
    "tar: Removing leading `../' from member names\ntmp/d/a\n",
  ],
  ['tar xOf x.tar d/a', 'hi\n', 'hi\n'],
  ['mkdir o; tar -C o -xf x.tar d/e && cat o/d/e/f; ls o/d', 'deep\ne\n', 'deep\ne\n'],
  [
    'tar xvf x.tar -C /nope; echo $?',
    "tar: can't change directory to '/nope': No such file or directory\n1\n",
    'tar: /nope: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n2\n',
  ],
];

describe('tar', () => {
  it.each(RECORDED)('%s', (command, busybox, gnu) => {
    const run = (make: 'busybox' | 'debian') => machine(make).run(['sh', '-c', TREE + command]).out;
    expect([run('busybox'), run('debian')]).toEqual([busybox, gnu]);
  });

  it.each(['busybox', 'debian'] as const)('compresses with gzip on %s, and says that it does nothing else', (make) => {
    const { run } = machine(make);
    const packed = `${TREE}tar czf x.tgz d && gunzip -t x.tgz && tar xzOf x.tgz d/e/f && gzip -dc x.tgz | tar t`;
    expect(run(['sh', '-c', packed])).toMatchObject({ out: 'deep\nd/\nd/a\nd/e/\nd/e/f\nd/l\n', code: 0 });
    expect(run(['sh', '-c', 'cd /tmp; tar cJf x.txz d']).out).toBe(
      make === 'busybox'
        ? 'tar: compression is not supported by this tar\n'
        : 'tar: compression: Cannot use: not supported by this tar\n',
    );
  });
});
