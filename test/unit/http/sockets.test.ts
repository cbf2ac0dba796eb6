import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { serveForTest, type TestCluster } from '../../support/served-cluster.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await serveForTest({ seed: 3, speed: 20 });
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'talker', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'busybox:1.36', command: ['sh', '-c', 'echo hello; sleep 9999'] }] },
  };
  const admin = cluster.simulation.api.client({
    user: { username: 'admin', groups: ['system:masters'] },
    fieldManager: 'test',
  });
  admin.create(pod as never);
  cluster.simulation.world.advance(15_000);
});

afterAll(() => cluster.close());

/** All messages of a WebSocket until it is closed; an upgrade that is refused gives its status. */
function messages(path: string, protocols: string[]): Promise<(string | number)[]> {
  const got: (string | number)[] = [];
  return new Promise((resolve) => {
    const socket = new WebSocket(
      `${cluster.base.replace('http', 'ws')}/api/v1/namespaces/default/pods/${path}`,
      protocols,
    );
    socket.on('message', (data) => got.push(String(data)));
    socket.on('unexpected-response', (_, response) => resolve([response.statusCode ?? 0]));
    socket.on('error', () => resolve(got));
    socket.on('close', () => resolve(got));
  });
}

describe('WebSockets', () => {
  it('carry logs, in bytes or in base64', async () => {
    expect(await messages('talker/log?container=c', ['binary.k8s.io'])).toEqual(['', 'hello\n']);
    expect(await messages('talker/log', ['base64.binary.k8s.io'])).toEqual(['', 'aGVsbG8K']);
    expect(await messages('nobody/log', ['binary.k8s.io'])).toEqual([404]);
  });

  it('tell how a command ended in the form that the protocol has for it', async () => {
    const exec = (command: string, protocol: string): Promise<(string | number)[]> =>
      messages(`talker/exec?stdout=1&stderr=1&command=sh&command=-c&command=${encodeURIComponent(command)}`, [
        protocol,
      ]);
    expect(await exec('echo a', 'v4.channel.k8s.io')).toEqual([
      '\u0001a\n',
      '\u0003{"metadata":{},"status":"Success"}',
    ]);
    expect(await exec('echo a', 'channel.k8s.io')).toEqual(['\u0001a\n']);
    expect(await exec('exit 3', 'channel.k8s.io')).toEqual([
      '\u0003command terminated with non-zero exit code: command terminated with exit code 3',
    ]);
  });
});
