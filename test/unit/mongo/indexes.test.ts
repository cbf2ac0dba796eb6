import { expect, it } from 'vitest';
import { mongoImage } from '../../../src/sim/images/mongo/image.ts';
import { Town } from '../hotelreservation/town.ts';

it('keeps indexes over a restart and refuses options that it would ignore', () => {
  const town = new Town();
  const start = () => {
    town.start('db', mongoImage, ['docker-entrypoint.sh', 'mongod'], { volume: '/data/db' });
    town.world.advance(2_000);
  };
  start();
  const shell = (script: string) => town.exec('db', ['mongo', 'shop', '--quiet', '--eval', script]).out;
  const reply = (script: string) => JSON.parse(shell(`print(JSON.stringify(${script}))`));
  expect(reply('db.items.createIndex({n: 1, tag: -1})')).toEqual({
    createdCollectionAutomatically: true,
    numIndexesBefore: 1,
    numIndexesAfter: 2,
    ok: 1,
  });
  expect(reply('db.items.createIndex({n: 1, tag: -1})')).toMatchObject({ note: 'all indexes already exist' });
  const both = [
    { v: 2, key: { _id: 1 }, name: '_id_' },
    { v: 2, key: { n: 1, tag: -1 }, name: 'n_1_tag_-1' },
  ];
  expect(reply('db.items.getIndexes()')).toEqual(both);
  expect(shell('db.items.createIndex({x: 1}, {unique: true})')).toContain('index option unique is not supported');
  town.containers.get('db')?.signal('SIGTERM');
  town.world.advance(2_000);
  start();
  expect(reply('db.items.getIndexes()')).toEqual(both);
  expect(reply('db.items.dropIndex("n_1_tag_-1")')).toMatchObject({ nIndexesWas: 2, ok: 1 });
  expect(shell('db.items.dropIndex("n_1_tag_-1")')).toContain('index not found with name [n_1_tag_-1]');
  expect(reply('db.items.getIndexes()')).toEqual(both.slice(0, 1));
});

it('runs switch statements', () => {
  const town = new Town();
  town.start('db', mongoImage, ['docker-entrypoint.sh', 'mongod']);
  town.world.advance(2_000);
  const script =
    'function f(x) { switch (x) { case 1: return "one"; case 2: print("two"); case 3: print("three"); break; default: print("other") } return "-" }' +
    '[1, 2, 3, 4].forEach(x => print(f(x)))';
  expect(town.exec('db', ['mongo', '--quiet', '--eval', script]).out).toBe('one\ntwo\nthree\n-\nthree\n-\nother\n-\n');
});
