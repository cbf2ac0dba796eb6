import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

/** hashicorp/http-echo: answers every request with the text of `-text`. */
export const httpEcho: ImageDef = {
  repository: 'docker.io/hashicorp/http-echo',
  tags: ['latest', '0.2.3', '1.0', '1.0.0'],
  sizeBytes: 3_111_482,
  digest: digestOf('docker.io/hashicorp/http-echo'),
  config: { entrypoint: ['/http-echo'] },
  files: {},
  programs: {
    *'/http-echo'(os) {
      const option = (name: string): string | undefined => {
        const at = os.argv.findIndex((arg) => arg.replace(/^--?/, '').split('=')[0] === name);
        return at < 0 ? undefined : (os.argv[at]?.split(/=(.*)/s)[1] ?? os.argv[at + 1]);
      };
      const text = option('text') ?? os.env['ECHO_TEXT'];
      if (!text) {
        os.stderr.write('Missing -text option!\n');
        return 127;
      }
      os.endsOnSignal('SIGTERM', 0);
      os.setMemory(4 * 1024 * 1024);
      const listen = option('listen') ?? ':5678';
      os.listen(Number(listen.split(':').pop()), {
        handle: function* (th) {
          th.spend(90);
          os.useCpu(60);
          return {
            proto: 'http',
            kind: 'response',
            status: 200,
            headers: { 'X-App-Name': 'http-echo', 'X-App-Version': '1.0.0' },
            body: `${text}\n`,
          };
        },
      });
      os.stdout.write(
        `${new Date(os.main.nowMs).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/')} [INFO] server is listening on ${listen}\n`,
      );
      for (;;) yield* os.main.sleep(86_400_000);
    },
  },
};
