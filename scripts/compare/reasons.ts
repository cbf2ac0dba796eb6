/** Why a line may differ between clouds that are both right. A line that no reason fits is a finding. */
const REASONS: readonly { pattern: RegExp; why: string }[] = [
  {
    pattern: /^(Node: |Normal Scheduled |node\/\S+ (un)?tainted|<node> (<taints>|\[map)|NAME TAINTS)/,
    why: 'other nodes, under other names',
  },
  { pattern: /^Image ID: /, why: 'images come from a registry here and were imported there' },
  {
    pattern: /^\S*(orders|stock|web)-<pod> \d\/\d (\S+) \d+ ?(\(?<age>)?/,
    why: 'another time since the injection: another look at a crash loop or a start',
  },
  {
    pattern: /^(State|Last State|Reason|Exit Code|Started|Finished|Restart Count|Ready|ContainersReady|Message): ?/,
    why: 'another time since the injection: another look at a crash loop or a start',
  },
  {
    pattern:
      /^(<age> Warning BackOff|Warning BackOff|Normal BackOff|Warning Failed <age>|(Normal|Warning) (Pulled|Pulling|Created|Started) )/,
    why: 'another time since the injection: another look at a crash loop or a start',
  },
  {
    pattern: /Unhealthy .*(connection refused|context deadline exceeded|EOF)/,
    why: 'on a busy machine a program does not listen yet when it is first probed',
  },
  {
    pattern: /unbound immediate PersistentVolumeClaims|ProvisioningFailed/,
    why: 'the storage class binds at once there, with the first pod here',
  },
  {
    pattern: /^Waiting for deployment "\w+" rollout to finish: /,
    why: 'the rollout had got further when it was looked at',
  },
  {
    pattern: /^(LAST SEEN TYPE REASON OBJECT MESSAGE|No resources found in \S+ namespace\.)$/,
    why: 'follows from the lines of the table',
  },
  { pattern: /^Killed$/, why: 'cgroup v1 kills one process, cgroup v2 the whole container' },
  { pattern: /^(service=\w+ request=|wget: |Terminated$)/, why: 'other requests at the end of the log' },
  {
    pattern: /no relationship found between node/,
    why: 'the node authorizer there learns a moment late which claims the pods of a node use',
  },
  {
    pattern: /failed to sync (configmap|secret) cache/,
    why: 'a busy kubelet there saw the ConfigMap a moment late',
  },
  { pattern: /FailedScheduling/, why: 'the scheduler has tried more or less often' },
  { pattern: /^(REVISION|CURRENT|LAST DEPLOYED)/, why: 'times' },
];

export function reasonFor(line: string): string | undefined {
  return REASONS.find(({ pattern }) => pattern.test(line))?.why;
}
