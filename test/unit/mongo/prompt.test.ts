import { expect, it } from 'vitest';
import { mongoImage } from '../../../src/sim/images/mongo/image.ts';
import type { Container } from '../../../src/sim/process/container.ts';
import { Terminal } from '../../../src/sim/process/terminal.ts';
import { Town } from '../hotelreservation/town.ts';

it('takes statements at a prompt when it sits at a terminal', () => {
  const town = new Town();
  town.start('db', mongoImage, ['docker-entrypoint.sh', 'mongod']);
  town.world.advance(2_000);
  const terminal = new Terminal();
  let screen = '';
  terminal.show((text) => {
    screen += text;
  });
  const { input, output } = terminal;
  const mongo = (town.containers.get('db') as Container).exec(['mongo', 'shop', '--quiet'], {
    stdin: input,
    stdout: output,
    stderr: output,
  });
  const type = (keys: string): string => {
    terminal.receive(keys);
    town.world.advance(1_000);
    const shown = screen;
    screen = '';
    return shown;
  };
  expect(type('')).toBe('> ');
  expect(type('1 + 1\r')).toBe('1 + 1\r\n2\r\n> ');
  expect(type('for (let i = 0; i < 2; i++) {\r')).toBe('for (let i = 0; i < 2; i++) {\r\n... ');
  expect(type('print(i) }\r')).toBe('print(i) }\r\n0\r\n1\r\n> ');
  expect(type('nope\r')).toContain('uncaught exception: ReferenceError: nope is not defined');
  expect(type('exit\r')).toBe('exit\r\n');
  expect(mongo.status?.code).toBe(0);
});
