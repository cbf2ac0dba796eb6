import type { KubectlHost } from './context.ts';

const STATUS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
const REQUESTS_FROM = 6;
const BODIES_FROM = 8;

/** The head of a line of klog: severity, date, time and process. */
export function logLine(severity: string, nowMs: number): string {
  const at = new Date(nowMs).toISOString();
  return `${severity}${at.slice(5, 7)}${at.slice(8, 10)} ${at.slice(11, 23)}000    4242`;
}

/** `-v`: from 6 on each answer of the server is told on stderr, from 8 on with its body. */
export function logRequests(host: KubectlHost, level: number, server: string, err: (text: string) => void): void {
  host.client.onAnswer = ({ method, path, status, body }) => {
    if (level < REQUESTS_FROM) return;
    const head = logLine('I', host.time.now());
    const phrase = `${status} ${STATUS[status] ?? ''}`.trim();
    err(
      `${head} round_trippers.go:632] "Response" verb=${JSON.stringify(method)} url=${JSON.stringify(server + path)} status=${JSON.stringify(phrase)} milliseconds=2\n`,
    );
    if (level >= BODIES_FROM)
      err(`${head} helper.go:269] "Response Body" body=<\n\t${body.trimEnd().replaceAll('\n', '\n\t')}\n >\n`);
  };
}
