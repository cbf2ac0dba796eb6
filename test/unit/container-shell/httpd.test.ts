import { describe, expect, it } from 'vitest';
import { machine } from './lab.ts';

/** Answers and log lines are recorded with busybox 1.35's httpd. */
const SITE = `
mkdir -p /w/cgi-bin /w/pages
echo '<h1>hi</h1>' >/w/pages/index.html
cat >/w/cgi-bin/env <<'END'
#!/bin/sh
echo "log line" >&2
printf 'Content-Type: text/plain\\r\\n\\r\\n'
env | grep -E '^(CONTENT_|GATEWAY|HTTP_X|PATH_INFO|QUERY|REQUEST_|SCRIPT_|SERVER_)' | sort
pwd
cat
END
cat >/w/cgi-bin/closed <<'END'
#!/bin/sh
printf 'Status: 503 Service Unavailable\\r\\nContent-Type: text/plain\\r\\nX-Extra: 1\\r\\n\\r\\nno\\n'
END
printf '#!/bin/sh\\nexit 3\\n' >/w/cgi-bin/silent
chmod +x /w/cgi-bin/*
`;

function served(script: string, flags = ''): { out: string; code: number | undefined } {
  return machine().run(['sh', '-c', `${SITE}\nhttpd -f ${flags} -p 8080 -h /w &\nsleep 1\n${script}`]);
}

describe('httpd', () => {
  it('runs programs of cgi-bin with the request in their environment', () => {
    const { out } = served(
      "wget -qO- --header 'X-Shop-Key: abc' --post-data 'item=tea' 'http://127.0.0.1:8080/cgi-bin/env/extra?a=1&b=2'",
    );
    expect(out).toBe(
      [
        'log line',
        'CONTENT_LENGTH=8',
        'CONTENT_TYPE=application/x-www-form-urlencoded',
        'GATEWAY_INTERFACE=CGI/1.1',
        'HTTP_X_SHOP_KEY=abc',
        'PATH_INFO=/extra',
        'QUERY_STRING=a=1&b=2',
        'REQUEST_METHOD=POST',
        'REQUEST_URI=/cgi-bin/env/extra?a=1&b=2',
        'SCRIPT_FILENAME=/w/cgi-bin/env',
        'SCRIPT_NAME=/cgi-bin/env',
        'SERVER_PROTOCOL=HTTP/1.1',
        'SERVER_SOFTWARE=busybox httpd/1.35.0',
        '/w/cgi-bin',
        'item=tea',
      ].join('\n'),
    );
  });

  it('takes the status from the program, and has nothing to say when it says nothing', () => {
    expect(served('wget -qO- http://127.0.0.1:8080/cgi-bin/closed').out).toBe(
      'wget: server returned error: HTTP/1.1 503 Service Unavailable\n',
    );
    expect(served('wget -qO- http://127.0.0.1:8080/cgi-bin/silent').code).toBe(1);
  });

  it('serves files, sends folders to their slash, and logs what it did', () => {
    const script = ['pages/', 'pages', 'none', 'cgi-bin/none']
      .map((path) => `wget -qO- http://127.0.0.1:8080/${path}`)
      .join('; ');
    const { out } = served(script, '-vv');
    expect(out.replace(/^\[::ffff:127\.0\.0\.1\]:\d+: /gm, '')).toBe(
      [
        'url:/pages/',
        'response:200',
        '<h1>hi</h1>',
        'url:/pages',
        'response:302',
        'url:/pages/',
        'response:200',
        '<h1>hi</h1>',
        'url:/none',
        'response:404',
        'wget: server returned error: HTTP/1.1 404 Not Found',
        'url:/cgi-bin/none',
        "can't execute 'none': No such file or directory",
        'response:404',
        'wget: server returned error: HTTP/1.1 404 Not Found',
        '',
      ].join('\n'),
    );
  });

  it('does not leave its folder', () => {
    expect(served('wget -qO- http://127.0.0.1:8080/../etc/passwd').code).toBe(1);
  });
});

describe('what holds a stream in memory', () => {
  it('is counted, so that the kernel can take it', () => {
    const { out, code } = machine().run(['sh', '-c', 'head -c 3000000 /dev/zero | tail -c 2000000 | wc -c']);
    expect([out, code]).toEqual(['2000000\n', 0]);
  });
});

describe('timeout', () => {
  it('dies as the command that it was', () => {
    expect(machine().run(['sh', '-c', 'timeout 1 sleep 5; echo $?']).out).toBe('Terminated\n143\n');
  });
});
