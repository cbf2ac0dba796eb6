/** Every ceiling of the system in one place. Sizes in bytes, times in milliseconds unless the name says otherwise. */
export const limits = {
  /** Request body of the API server (etcd's default is 1.5 MiB; upstream cuts at 3 MiB). */
  apiBodyBytesMax: 3 * 1024 * 1024,
  /** Lines kept of one container instance's log. */
  containerLogLinesMax: 50_000,
  /** What the processes of one container may have written to its own file system. */
  containerFileBytesMax: 64 * 1024 * 1024,
  /** Pods of one cluster; each costs the whole process time and memory. */
  podsMax: 1_000,
  /** Connections to one served API. */
  apiConnectionsMax: 5_000,
  /** What waits for one client that does not read its watch or log; then it is let go. */
  streamBacklogBytesMax: 16 * 1024 * 1024,
  /** Open watches of one API server. */
  watchesMax: 2_000,
  /** Old versions kept for watches before 410 Gone. */
  watchHistoryMax: 20_000,
  /** Events of the event queue that one advance may run. */
  worldEventsPerAdvanceMax: 50_000_000,
  /** Steps of one container's shell script between two waits. */
  containerShellStepsMax: 200_000,
  /** Text of one tool answer, in characters, before it is cut. */
  toolOutputCharsMax: 60_000,
  /** Default budget of bulk answers, in characters. */
  toolOutputCharsDefault: 20_000,
  /** One exec_shell command. */
  shellCommandCharsMax: 100_000,
  shellTimeoutSecondsDefault: 25,
  shellTimeoutSecondsMax: 50,
  /** Virtual time that one agent action costs beside its own waits. */
  actionCostMs: 1_000,
  sessionStepsMax: 200,
  sessionsOpenMax: 128,
  /** Ended sessions that a server still answers for. */
  sessionsEndedMax: 256,
  /** start_problem answers at the latest after this time on the wall clock, get_session after this. */
  startAnswerMsMax: 20_000,
  sessionWaitSecondsMax: 20,
  sessionVirtualSecondsMax: 4 * 3600,
} as const;
