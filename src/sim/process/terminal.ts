import { type Edited, LineEditor } from './line-editor.ts';
import type { Readable, SignalName, Writable } from './os.ts';
import { Signal, type Task, type Thread } from './task.ts';

/** What sits in front of a terminal and may be interrupted. */
export interface Foreground {
  readonly info: { pid: number; ppid: number };
  deliver(signal: SignalName): void;
}

const INTERRUPT = '\x03';
const END = '\x04';
const ERASE = new Set(['\x7f', '\b']);
const KILL = '\x15';
const WORD = '\x17';

/**
 * A pseudo terminal with the kernel's line discipline in its usual mode: what is typed is echoed and handed on by lines, carriage
 * returns become newlines and the other way round in output, ^C interrupts the foreground, ^D ends the input. A program
 * with a prompt of its own reads lines through {@link readLine} instead, with line editing and history.
 */
export class Terminal {
  rows = 24;
  columns = 80;
  /** `stty -echo` (passwords) switches it off. */
  echo = true;
  readonly input: Readable;
  readonly output: Writable;
  readonly #screens = new Set<(text: string) => void>();
  readonly #foreground = new Set<Foreground>();
  /** Lines (and pieces ended by ^D; an empty piece is the end of input) that nobody has read yet. */
  #lines: string[] = [];
  #line = '';
  /** Keys that came behind the end of an edited line, before anybody asked for the next. */
  #ahead: string[] = [];
  #editor: LineEditor | undefined;
  #edited: Edited | undefined;
  #gone = false;
  readonly #changed = new Signal();

  constructor() {
    this.input = { terminal: this, read: (th) => this.#read(th) };
    this.output = { terminal: this, write: (text) => this.#emit(text.replaceAll('\n', '\r\n')), close() {} };
  }

  /** Shows what is written and echoed from now on; returns how to stop it. */
  show(screen: (text: string) => void): () => void {
    this.#screens.add(screen);
    return () => this.#screens.delete(screen);
  }

  #emit(text: string): void {
    for (const screen of [...this.#screens]) screen(text);
  }

  /** From the keyboard. */
  receive(text: string): void {
    for (const char of text) {
      if (this.#ahead.length > 0 || this.#edited) this.#ahead.push(char);
      else if (this.#editor) this.#edited = this.#editor.key(char);
      else this.#cook(char);
    }
    this.#changed.fire();
  }

  /** The keyboard is gone: readers meet the end of input. */
  hangUp(): void {
    this.#gone = true;
    this.#changed.fire();
  }

  resize(columns: number, rows: number): void {
    if (columns > 0) this.columns = columns;
    if (rows > 0) this.rows = rows;
    this.#editor?.redraw();
  }

  /** Makes a process one that ^C interrupts; returns how to take it out. */
  enter(process: Foreground): () => void {
    this.#foreground.add(process);
    return () => this.#foreground.delete(process);
  }

  /** Whether a child of that process is in the foreground. */
  hasChildOf(pid: number): boolean {
    return [...this.#foreground].some(({ info }) => info.ppid === pid);
  }

  /** One line typed at a prompt, without its newline; what else may come of it says {@link Edited}. */
  *readLine(th: Thread, prompt: string, history: readonly string[]): Task<Edited> {
    yield* th.sync();
    this.#editor = new LineEditor(prompt, history, (text) => this.#emit(text));
    const waiting = [...this.#lines.join(''), ...this.#line, ...this.#ahead];
    this.#lines = [];
    this.#line = '';
    this.#ahead = [];
    this.#edited = undefined;
    try {
      this.receive(waiting.join(''));
      while (!this.#edited) {
        if (this.#gone) return { kind: 'end' };
        yield* th.wait(this.#changed);
      }
      return this.#edited;
    } finally {
      this.#editor = undefined;
      this.#edited = undefined;
    }
  }

  *#read(th: Thread): Task<string | undefined> {
    yield* th.sync();
    const ahead = this.#ahead;
    this.#ahead = [];
    for (const char of ahead) this.#cook(char, false);
    while (this.#lines.length === 0 && !this.#gone) yield* th.wait(this.#changed);
    return this.#lines.shift() || undefined;
  }

  #cook(char: string, echo = this.echo): void {
    const show = (text: string): void => {
      if (echo) this.#emit(text);
    };
    if (char === INTERRUPT) {
      show('^C');
      this.#line = '';
      this.#lines = [];
      // Children first: a shell then sees which of them go on.
      for (const process of [...this.#foreground].reverse()) process.deliver('SIGINT');
    } else if (char === END) {
      this.#lines.push(this.#line);
      this.#line = '';
    } else if (char === '\r' || char === '\n') {
      show('\r\n');
      this.#lines.push(`${this.#line}\n`);
      this.#line = '';
    } else if (ERASE.has(char)) this.#erase(this.#line.length === 0 ? 0 : 1, show);
    else if (char === KILL) this.#erase([...this.#line].length, show);
    else if (char === WORD) this.#erase([...(/\S*\s*$/.exec(this.#line)?.[0] ?? '')].length, show);
    else {
      this.#line += char;
      show(char < ' ' && char !== '\t' ? `^${String.fromCharCode(char.charCodeAt(0) + 64)}` : char);
    }
  }

  #erase(count: number, show: (text: string) => void): void {
    if (count === 0) return;
    this.#line = [...this.#line].slice(0, -count).join('');
    show('\b \b'.repeat(count));
  }
}
