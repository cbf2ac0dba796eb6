import { describe, expect, it } from 'vitest';
import { machine } from './lab.ts';

const ALL = 'cd /tmp; for i in $(seq 0 255); do printf "\\\\$(printf %03o $i)"; done > all; ';
const ROW = ' f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 fa fb fc fd fe ff\n';
const OD = '0000000 303 251\n0000002\n0000000 a9c3\n0000002\n';
const ZEROS = '0000000  \\0  \\0  \\0  \\0  \\0\n0000005\n';
const SUM = 'e2c865db4162bed963bfaa9ef6ac18f0';

/** Answers of busybox 1.35 and of Debian 12's programs. */
const RECORDED: [command: string, busybox: string, debian: string][] = [
  ['wc -c < all; md5sum all; cat all | md5sum', `256\n${SUM}  all\n${SUM}  -\n`, `256\n${SUM}  all\n${SUM}  -\n`],
  ['gzip -c all | gunzip | md5sum', `${SUM}  -\n`, `${SUM}  -\n`],
  ['base64 all | base64 -d | cmp - all && echo same', 'same\n', 'same\n'],
  ['tar cf - all | tar xOf - | md5sum', `${SUM}  -\n`, `${SUM}  -\n`],
  ['dd if=all bs=16 skip=15 2>/dev/null | od -An -tx1', ROW, ROW],
  ["tr -d '\\000-\\376' < all | od -An -tx1", ' ff\n', ' ff\n'],
  ['cut -b 2 all | head -c 3 | od -An -tx1', ' 01 0a 0c\n', ' 01 0a 0c\n'],
  ['head -c 200 all | tail -c 2 | od -An -tu1', ' 198 199\n', ' 198 199\n'],
  [
    'cp all b; mv b c; cmp all c; printf x >> c; cmp all c',
    'cmp: EOF on all\n',
    'cmp: EOF on all after byte 256, in line 2\n',
  ],
  ['printf abx > a; printf aby > b; cmp a b', 'a b differ: char 3, line 1\n', 'a b differ: byte 3, line 1\n'],
  [
    'md5sum all nope; md5sum all > s; echo >> all; md5sum -c s',
    `${SUM}  all\nmd5sum: can't open 'nope': No such file or directory\nall: FAILED\nmd5sum: WARNING: 1 of 1 computed checksums did NOT match\n`,
    `${SUM}  all\nmd5sum: nope: No such file or directory\nall: FAILED\nmd5sum: WARNING: 1 computed checksum did NOT match\n`,
  ],
  ['echo aGVsbG8 | base64 -d', 'helbase64: truncated input\n', 'hellobase64: invalid input\n'],
  ['echo no | gunzip', 'gunzip: invalid magic\n', '\ngzip: stdin: not in gzip format\n'],
  ['printf "\\303\\251" | od -c; printf "\\303\\251" | od -tx2', OD, OD],
  ['x=$(cat all); printf %s "$x" | tail -c 4 | od -An -tx1', ' fc fd fe ff\n', ' fc fd fe ff\n'],
  ['head -c 5 /dev/zero | od -c; head -c 9 /dev/urandom | wc -c', `${ZEROS}9\n`, `${ZEROS}9\n`],
];

describe('bytes', () => {
  it.each(RECORDED)('%s', (command, busybox, debian) => {
    const run = (make: 'busybox' | 'debian') => machine(make).run(['sh', '-c', ALL + command]).out;
    expect([run('busybox'), run('debian')]).toEqual([busybox, debian]);
  });
});
