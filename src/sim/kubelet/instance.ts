import type { Json } from '../../kube/object.ts';
import type { ImageDef } from '../images/image.ts';
import type { Container } from '../process/container.ts';
import type { FsNode } from '../process/memory-fs.ts';
import type { Pipe } from '../process/pipe.ts';
import type { Terminal } from '../process/terminal.ts';
import type { LogFile } from './log-file.ts';

export interface Exit {
  code: number;
  reason: string;
  message?: string;
  signal?: number;
  startedMs: number;
  finishedMs: number;
}

/** One attempt of a container as the runtime keeps it. */
export interface Instance {
  readonly name: string;
  readonly kind: 'init' | 'app' | 'ephemeral';
  /** 64 hex digits. */
  readonly id: string;
  /** Attempt number: `restartCount` of the status. */
  readonly attempt: number;
  readonly image: ImageDef;
  readonly imageReference: string;
  /** Of the spec fields whose change restarts the container. */
  readonly specHash: string;
  /** Requests and limits that it was started with. */
  readonly resources: Json;
  readonly createdMs: number;
  readonly log: LogFile;
  /** Clients that are attached: they see what is written from then on, as it is written. */
  readonly attached: Set<{ stdout(text: string): void; stderr(text: string): void }>;
  /** Standard input of process 1, when the container has one (`stdin: true`); `once`: it ends with the first that attaches. */
  readonly stdin?: { pipe: Pipe; once: boolean };
  /** What process 1 runs on (`tty: true`). */
  readonly terminal?: Terminal;
  /** Undefined when the start failed. */
  container?: Container;
  state: 'created' | 'running' | 'exited';
  startedMs: number;
  exit?: Exit;
  /** The file behind terminationMessagePath. */
  terminationLog: FsNode;
}
