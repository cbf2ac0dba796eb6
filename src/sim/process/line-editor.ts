/** What a key has led to. */
export type Edited = { kind: 'line'; text: string } | { kind: 'interrupt' } | { kind: 'end' };

const ESCAPE_SEQUENCE = /^\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O[A-Za-z]|[^[O])/;
const UNFINISHED_SEQUENCE = /^\x1b(?:\[[0-9;?]*[ -/]*|O)?$/;
const CLEAR_BELOW = '\x1b[J';

/**
 * One line being typed at a prompt, with the keys that readline and busybox's line editing share: cursor keys, history, ^A ^E ^B ^F ^K ^U
 * ^W ^L, backspace and delete. What is echoed goes to `write`.
 */
export class LineEditor {
  #text: string[] = [];
  #cursor = 0;
  #escape = '';
  /** Position in the history; its length is the line that is being typed. */
  #at: number;
  #typed = '';

  constructor(
    readonly prompt: string,
    readonly history: readonly string[],
    readonly write: (text: string) => void,
  ) {
    this.#at = history.length;
    write(prompt);
  }

  /** Takes one key (a character; sequences come character by character). */
  key(char: string): Edited | undefined {
    if (this.#escape !== '' || char === '\x1b') {
      this.#escape += char;
      if (ESCAPE_SEQUENCE.test(this.#escape)) this.#sequence();
      else if (!UNFINISHED_SEQUENCE.test(this.#escape)) this.#escape = '';
      return undefined;
    }
    if (char === '\r' || char === '\n') {
      this.write('\r\n');
      return { kind: 'line', text: this.#text.join('') };
    }
    if (char === '\x03') {
      this.write('^C\r\n');
      return { kind: 'interrupt' };
    }
    if (char === '\x04' && this.#text.length === 0) return { kind: 'end' };
    const control = CONTROLS[char];
    if (control) this.#control(control);
    else if (char >= ' ') this.#insert(char);
    return undefined;
  }

  /** Shows the line again, as after the window has changed. */
  redraw(): void {
    this.write(
      `\r${this.#lastPromptLine()}${this.#text.join('')}${CLEAR_BELOW}${back(this.#text.length - this.#cursor)}`,
    );
  }

  #lastPromptLine(): string {
    return this.prompt.split('\n').at(-1) ?? '';
  }

  #insert(char: string): void {
    this.#text.splice(this.#cursor++, 0, char);
    this.write(char + this.#rest());
  }

  /** What stands behind the cursor, which stays where it is. */
  #rest(): string {
    const rest = this.#text.slice(this.#cursor).join('');
    return rest + back(this.#text.length - this.#cursor);
  }

  #erase(from: number, to: number): void {
    if (from >= to) return;
    this.#text.splice(from, to - from);
    this.write(back(this.#cursor - from) + CLEAR_BELOW);
    this.#cursor = from;
    this.write(this.#rest());
  }

  #move(to: number): void {
    if (to < this.#cursor) this.write(back(this.#cursor - to));
    else this.write(this.#text.slice(this.#cursor, to).join(''));
    this.#cursor = to;
  }

  #sequence(): void {
    const key = KEYS[this.#escape];
    this.#escape = '';
    if (key) this.#control(key);
  }

  #control(what: Control): void {
    const end = this.#text.length;
    if (what === 'left') this.#move(Math.max(0, this.#cursor - 1));
    else if (what === 'right') this.#move(Math.min(end, this.#cursor + 1));
    else if (what === 'home') this.#move(0);
    else if (what === 'end') this.#move(end);
    else if (what === 'backspace') this.#erase(Math.max(0, this.#cursor - 1), this.#cursor);
    else if (what === 'delete') {
      if (this.#cursor < end) {
        this.#move(this.#cursor + 1);
        this.#erase(this.#cursor - 1, this.#cursor);
      }
    } else if (what === 'kill') {
      this.#text.length = this.#cursor;
      this.write(CLEAR_BELOW);
    } else if (what === 'discard') this.#erase(0, this.#cursor);
    else if (what === 'word') this.#erase(wordStart(this.#text, this.#cursor), this.#cursor);
    else if (what === 'clear') {
      this.write('\x1b[H\x1b[J');
      this.redraw();
    } else this.#recall(what === 'older' ? this.#at - 1 : this.#at + 1);
  }

  #recall(at: number): void {
    if (at < 0 || at > this.history.length) return;
    if (this.#at === this.history.length) this.#typed = this.#text.join('');
    this.#at = at;
    this.#text = [...(at === this.history.length ? this.#typed : (this.history[at] as string))];
    this.#cursor = this.#text.length;
    this.redraw();
  }
}

type Control =
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'backspace'
  | 'delete'
  | 'kill'
  | 'discard'
  | 'word'
  | 'clear'
  | 'older'
  | 'newer';

const CONTROLS: Record<string, Control> = {
  '\x01': 'home',
  '\x02': 'left',
  '\x04': 'delete',
  '\x05': 'end',
  '\x06': 'right',
  '\x08': 'backspace',
  '\x0b': 'kill',
  '\x0c': 'clear',
  '\x0e': 'newer',
  '\x10': 'older',
  '\x15': 'discard',
  '\x17': 'word',
  '\x7f': 'backspace',
};

const KEYS: Record<string, Control> = {
  '\x1b[A': 'older',
  '\x1bOA': 'older',
  '\x1b[B': 'newer',
  '\x1bOB': 'newer',
  '\x1b[C': 'right',
  '\x1bOC': 'right',
  '\x1b[D': 'left',
  '\x1bOD': 'left',
  '\x1b[H': 'home',
  '\x1bOH': 'home',
  '\x1b[1~': 'home',
  '\x1b[F': 'end',
  '\x1bOF': 'end',
  '\x1b[4~': 'end',
  '\x1b[3~': 'delete',
};

const back = (count: number): string => '\b'.repeat(count);

/** Where the word before the cursor begins; blanks between belong to it. */
function wordStart(text: readonly string[], cursor: number): number {
  let at = cursor;
  while (at > 0 && text[at - 1] === ' ') at--;
  while (at > 0 && text[at - 1] !== ' ') at--;
  return at;
}
