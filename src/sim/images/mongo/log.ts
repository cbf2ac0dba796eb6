import type { Os } from '../../process/os.ts';
import type { Thread } from '../../process/task.ts';

export type Severity = 'F' | 'E' | 'W' | 'I';

const KEPT = 1_024;

/** mongod 4.4's log: one JSON object a line on stdout, with its columns padded. */
export class MongodLog {
  readonly lines: string[] = [];
  readonly warnings: string[] = [];

  constructor(readonly os: Os) {}

  line(th: Thread, s: Severity, c: string, id: number, ctx: string, msg: string, attr?: object): void {
    const date = new Date(th.nowMs).toISOString().replace('Z', '+00:00');
    const head = `{"t":{"$date":"${date}"},"s":"${s}",  "c":"${`${c}",`.padEnd(11)}"id":${`${id},`.padEnd(9)}`;
    const tail = `"ctx":"${ctx}","msg":${JSON.stringify(msg)}${attr ? `,"attr":${JSON.stringify(attr)}` : ''}}`;
    const text = head + tail;
    this.lines.push(text);
    if (this.lines.length > KEPT) this.lines.shift();
    if (s === 'W') this.warnings.push(text);
    this.os.stdout.write(`${text}\n`);
  }
}
