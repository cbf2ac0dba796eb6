import { beforeAll, describe, expect, it } from 'vitest';
import { embeddedShell } from '../../support/embedded-shell.ts';

const { sh } = embeddedShell('cp');

beforeAll(async () => {
  await sh(
    'kubectl run bb --image=busybox:1.36 --restart=Never -- sleep 36000 && kubectl wait --for=condition=Ready pod/bb',
  );
  await sh('mkdir -p /tmp/w/dir/sub; cd /tmp/w; echo a>dir/a; echo "b é">dir/sub/b; echo one>one');
});

/** Texts and exit codes as kubectl 1.35 with busybox's tar gave them. */
describe('kubectl cp', () => {
  it('copies files and folders into a pod', async () => {
    const steps = ['cp one bb:/tmp/one', 'cp dir bb:/tmp/dir2', 'cp dir bb:/tmp', 'cp dir/ bb:/tmp/dir'];
    for (const step of steps) expect(await sh(`kubectl ${step}`)).toEqual({ stdout: '', stderr: '', exitCode: 0 });
    expect((await sh('kubectl exec bb -- find /tmp')).stdout.split('\n').sort().join(' ').trim()).toBe(
      '/tmp /tmp/dir /tmp/dir/a /tmp/dir/dir /tmp/dir/dir/a /tmp/dir/dir/sub /tmp/dir/dir/sub/b /tmp/dir/sub /tmp/dir/sub/b /tmp/dir2 /tmp/dir2/a /tmp/dir2/sub /tmp/dir2/sub/b /tmp/one',
    );
  });

  it('copies out of a pod', async () => {
    expect(await sh('kubectl cp bb:/tmp/one got; cat got')).toEqual({
      stdout: "tar: removing leading '/' from member names\none\n",
      stderr: '',
      exitCode: 0,
    });
    expect((await sh('kubectl cp bb:tmp/one got2; cat got2')).stdout).toBe('one\n');
    expect((await sh('kubectl cp default/bb:/tmp/dir2 gd >/dev/null; find gd | sort; cat gd/sub/b')).stdout).toBe(
      'gd\ngd/a\ngd/sub\ngd/sub/b\nb é\n',
    );
  });

  it.each([
    ['cp x:y z:w', 'error: one of src or dest must be a local file specification\n', 1],
    ['cp a b', 'error: one of src or dest must be a remote file specification\n', 1],
    ['cp nofile bb:/x', "error: nofile doesn't exist in local filesystem\n", 1],
    ['cp a', 'error: source and destination are required\n', 1],
    ['cp nope:/x y', 'Error from server (NotFound): pods "nope" not found\n', 1],
    ['cp one bb:', 'error: filepath can not be empty\n', 1],
    [
      'cp one bb:/nope/one',
      "tar: can't change directory to '/nope': No such file or directory\ncommand terminated with exit code 1\n",
      1,
    ],
  ])('%s', async (command, stderr, exitCode) => {
    expect(await sh(`kubectl ${command}`)).toEqual({ stdout: '', stderr, exitCode });
  });

  it('does not write a file over a directory, skips links and reports missing sources', async () => {
    expect((await sh('kubectl cp bb:/tmp/one /tmp/w/dir')).stderr).toBe('error: open /tmp/w/dir: is a directory\n');
    await sh('kubectl exec bb -- ln -s a /tmp/dir2/l');
    expect((await sh('kubectl cp bb:/tmp/dir2 gl')).stderr).toBe(
      'warning: skipping symlink: "gl/l" -> "a" (consider using "kubectl exec -n "" "bb" -- tar cf - "/tmp/dir2" | tar xf -")\n',
    );
    expect(await sh('kubectl cp bb:/tmp/nope nope')).toEqual({
      stdout: 'tar: /tmp/nope: No such file or directory\ntar: error exit delayed from previous errors\n',
      stderr: '',
      exitCode: 0,
    });
  });
});
