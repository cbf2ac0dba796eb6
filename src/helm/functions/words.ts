/** Case changes and word splitting as the libraries xstrings and goutils do them. */

/** unicode.ToUpper maps one character to one: `ß` stays. */
export function goUpper(text: string): string {
  return [...text].map((ch) => oneToOne(ch, ch.toUpperCase())).join('');
}

export function goLower(text: string): string {
  return [...text].map((ch) => oneToOne(ch, ch.toLowerCase())).join('');
}

const oneToOne = (ch: string, changed: string): string => ([...changed].length === 1 ? changed : ch);

const isUpper = (ch: string): boolean => /\p{Lu}/u.test(ch);
const isSpace = (ch: string): boolean => /[\t\n\v\f\r \u0085\u00a0\p{Z}]/u.test(ch);
const isConnector = (ch: string): boolean => ch === '-' || ch === '_' || isSpace(ch);

type WordKind = 'none' | 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other';

interface Word {
  kind: WordKind;
  text: string;
}

const isLetter = (ch: string): boolean =>
  /\p{L}/u.test(ch) && !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(ch);
const isNumber = (ch: string): boolean => /\p{N}/u.test(ch);
const isPunctuation = (ch: string): boolean => /\p{P}/u.test(ch);

/** Splits into runs of one kind; a capital begins the word that follows it. */
function wordsOf(text: string): Word[] {
  const chars = [...text];
  const words: Word[] = [];
  for (let at = 0; at < chars.length; ) {
    const word = wordAt(chars, at);
    words.push(word);
    at += [...word.text].length;
  }
  return words;
}

function wordAt(chars: readonly string[], at: number): Word {
  const first = chars[at] ?? '';
  const run = (test: (ch: string) => boolean, from = at + 1): number => {
    let end = from;
    while (end < chars.length && test(chars[end] ?? '')) end++;
    return end;
  };
  const lower = (ch: string): boolean => isLetter(ch) && !isUpper(ch);
  const word = (kind: WordKind, end: number): Word => ({ kind, text: chars.slice(at, end).join('') });
  if (isConnector(first)) return word('connector', run(isConnector));
  if (isPunctuation(first)) return word('punctuation', run(isPunctuation));
  if (isUpper(first)) {
    const next = chars[at + 1] ?? '';
    if (isUpper(next)) {
      const end = run(isUpper);
      const status = end < chars.length && isLetter(chars[end] ?? '');
      return word('upper', status ? end - 1 : end);
    }
    return word('upper', isLetter(next) ? run(lower) : at + 1);
  }
  if (isLetter(first)) return word('letters', run(lower));
  if (isNumber(first)) return word('number', run(isNumber));
  const other = (ch: string): boolean => !isConnector(ch) && !isLetter(ch) && !isNumber(ch) && !isPunctuation(ch);
  return word('other', run(other));
}

/** `HTTPServer2xx` as `http_server_2xx`: words in lower case with a connector between them. */
export function joinWords(text: string, connector: string): string {
  return new WordJoiner(wordsOf(text), connector).run();
}

const NONE: Word = { kind: 'none', text: '' };

class WordJoiner {
  #out = '';
  #at = 0;
  constructor(
    readonly words: readonly Word[],
    readonly connector: string,
  ) {}

  run(): string {
    let word = this.#next();
    while (this.#at < this.words.length) {
      if (word.kind !== 'connector') this.#write(word);
      const before = word;
      word = this.#next();
      if (before.kind === 'number') word = this.#afterNumber(word);
      else if (before.kind === 'connector') this.#write(before);
      else if (before.kind !== 'punctuation') word = this.#afterWord(word);
    }
    this.#write(word);
    return this.#out;
  }

  #next(): Word {
    return this.words[this.#at++] ?? NONE;
  }

  #write({ kind, text }: Word): void {
    if (kind === 'connector') this.#out += [...text].map(() => this.connector).join('');
    else this.#out += kind === 'upper' ? goLower(text) : text;
  }

  #separate(word: Word, ...without: WordKind[]): void {
    if (!without.includes(word.kind)) this.#out += this.connector;
  }

  /** Letters and numbers that follow a number belong to it. */
  #afterNumber(word: Word): Word {
    let next = word;
    while (next.kind === 'letters' || next.kind === 'number') {
      this.#write(next);
      next = this.#next();
    }
    this.#separate(next, 'none', 'punctuation', 'connector');
    return next;
  }

  /** A number is part of the word before it (`bld4_floor`), unless small letters follow it (`floor_3rd`). */
  #afterWord(word: Word): Word {
    if (word.kind !== 'number') {
      this.#separate(word, 'connector', 'punctuation');
      return word;
    }
    if (this.#at >= this.words.length) return word;
    const next = this.#next();
    if (next.kind !== 'letters') {
      this.#write(word);
      this.#separate(next, 'connector', 'punctuation');
      return next;
    }
    this.#out += this.connector;
    this.#write(word);
    return this.#afterNumber(next);
  }
}

/** xstrings.ToPascalCase; leading connectors stay. */
export function pascalCase(text: string): string {
  const chars = [...text];
  let out = '';
  while (chars.length > 0 && isConnector(chars[0] ?? '')) out += chars.shift();
  const first = chars.shift();
  if (first === undefined) return out;
  let capitals = isUpper(first);
  let before = goUpper(first);
  for (const each of chars) {
    let ch = each;
    if (isConnector(ch) && isConnector(before)) {
      out += before;
    } else if (isConnector(before)) {
      capitals = isUpper(ch);
      ch = goUpper(ch);
    } else {
      if (capitals && isUpper(ch)) ch = goLower(ch);
      else capitals = false;
      out += before;
    }
    before = ch;
  }
  return out + before;
}

/** goutils.SwapCase: a small letter at the start of a word becomes a capital, as any other does. */
export function swapCase(text: string): string {
  return [...text].map((ch) => (isUpper(ch) ? goLower(ch) : /\p{Ll}/u.test(ch) ? goUpper(ch) : ch)).join('');
}

/** goutils.Uncapitalize: the first letter of every word. */
export function uncapitalize(text: string): string {
  let start = true;
  return [...text]
    .map((ch) => {
      if (isSpace(ch)) {
        start = true;
        return ch;
      }
      const out = start ? goLower(ch) : ch;
      start = false;
      return out;
    })
    .join('');
}

/** strings.Title: letters after anything that is no letter, digit or underscore. */
export function goTitle(text: string): string {
  let before = ' ';
  return [...text]
    .map((ch) => {
      const separator = /[\x00-\x7f]/.test(before)
        ? !/[0-9A-Za-z_]/.test(before)
        : !/[\p{L}\p{Nd}]/u.test(before) && isSpace(before);
      before = ch;
      return separator ? goUpper(ch) : ch;
    })
    .join('');
}

/** goutils work on bytes and write each as a character of its own. */
export function bytesAsChars(text: string): string {
  return Buffer.from(text).toString('latin1');
}

export function withoutSpaces(text: string): string {
  const bytes = bytesAsChars(text);
  const kept = bytes.replace(/[\t\n\v\f\r \u0085\u00a0]/g, '');
  return kept === bytes ? text : kept;
}

export function initialsOf(text: string): string {
  const bytes = bytesAsChars(text);
  let gap = true;
  let out = '';
  for (const ch of bytes) {
    if (/[\t\n\v\f\r \u0085\u00a0]/.test(ch)) gap = true;
    else if (gap) {
      out += ch;
      gap = false;
    }
  }
  return out;
}

/** goutils.WrapCustom. */
export function wrapText(text: string, wrapLength: number, newLine: string, long: boolean): string {
  const width = Math.max(1, wrapLength);
  const separator = newLine || '\n';
  let offset = 0;
  let out = '';
  while (text.length - offset > width) {
    if (text[offset] === ' ') {
      offset++;
      continue;
    }
    const at = text.slice(offset, offset + width + 1).lastIndexOf(' ');
    if (at >= 0) {
      out += text.slice(offset, offset + at) + separator;
      offset += at + 1;
    } else if (long) {
      out += text.slice(offset, offset + width) + separator;
      offset += width;
    } else {
      const next = text.indexOf(' ', offset + width);
      if (next < 0) return out + text.slice(offset);
      out += text.slice(offset, next) + separator;
      offset = next + 1;
    }
  }
  return out + text.slice(offset);
}

/** goutils.AbbreviateFull, with sprig's guards. */
export function abbreviate(text: string, left: number, width: number): string {
  if (width < 4 || (left > 0 && width < 7) || text.length <= width) return text;
  const offset = Math.min(left, text.length);
  const start = text.length - offset < width - 3 ? text.length - (width - 3) : offset;
  if (start <= 4) return `${text.slice(0, width - 3)}...`;
  if (width < 7) return '';
  if (start + width - 3 < text.length) return `...${abbreviate(text.slice(start), 0, width - 3)}`;
  return `...${text.slice(text.length - (width - 3))}`;
}
