const PIDS = 'bash names the process that was killed by its number, which is never the same';

/** Lines that answer otherwise than bash and kubectl, with the reason. */
export const accepted: Record<string, string> = {
  'timeout -s KILL 1 sleep 5; echo $?': PIDS,
  'timeout -k 1 1 sh -c \'trap "" TERM; while :; do sleep 0.2; done\'; echo $?': PIDS,
};
