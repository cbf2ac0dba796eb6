import { referenceFault } from '../../kube/image-reference.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import type { ImageDef } from '../images/image.ts';
import type { Task, Thread } from '../process/task.ts';
import { goDuration, type PullError } from './images.ts';
import type { NodeContext } from './node-context.ts';

/** Upstream's EnsureImageExists: pull policy, registry, back-off, with its events and waiting reasons. */
export function* ensureImage(
  th: Thread,
  node: NodeContext,
  pod: KubeObject,
  container: Json,
  path: string,
): Task<{ image: ImageDef } | { error: PullError }> {
  const reference: string = container.image;
  const record = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    node.record(pod, type, reason, message, path);
  const fault = referenceFault(reference);
  if (fault) {
    record('Warning', 'InspectFailed', fault);
    return { error: { reason: 'InvalidImageName', message: fault } };
  }
  const policy = container.imagePullPolicy ?? 'IfNotPresent';
  const present = node.images.get(reference);
  if (present && policy !== 'Always') {
    record(
      'Normal',
      'Pulled',
      `Container image "${reference}" already present on machine and can be accessed by the pod`,
    );
    return { image: present };
  }
  if (policy === 'Never') {
    const message = `Container image "${reference}" is not present with pull policy of Never`;
    record('Warning', 'ErrImageNeverPull', message);
    return { error: { reason: 'ErrImageNeverPull', message } };
  }
  return yield* pull(th, node, pod, reference, record);
}

const lastErrors = new WeakMap<NodeContext, Map<string, string>>();

function* pull(
  th: Thread,
  node: NodeContext,
  pod: KubeObject,
  reference: string,
  record: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
): Task<{ image: ImageDef } | { error: PullError }> {
  const key = `${pod.metadata.uid}_${reference}`;
  const errors = lastErrors.get(node) ?? new Map<string, string>();
  lastErrors.set(node, errors);
  if (node.pullBackoff.remainingSinceUpdateMs(key) > 0) {
    const message = `Back-off pulling image "${reference}"`;
    record('Normal', 'BackOff', message);
    const cause = errors.get(key);
    return { error: { reason: 'ImagePullBackOff', message: cause ? `${message}: ErrImagePull: ${cause}` : message } };
  }
  record('Normal', 'Pulling', `Pulling image "${reference}"`);
  const beganMs = th.nowMs;
  const { ms, image, error } = node.images.pull(reference);
  yield* th.sleep(ms);
  if (!image) {
    const cause = error ?? 'unknown error';
    record('Warning', 'Failed', `Failed to pull image "${reference}": ${cause}`);
    node.pullBackoff.next(key, node.world.nowMs);
    errors.set(key, cause);
    return { error: { reason: 'ErrImagePull', message: cause } };
  }
  node.images.add(reference, image);
  const took = goDuration(th.nowMs - beganMs);
  const size = `Image size: ${image.sizeBytes} bytes.`;
  record(
    'Normal',
    'Pulled',
    `Successfully pulled image "${reference}" in ${took} (${took} including waiting). ${size}`,
  );
  return { image };
}
