import { expect, it } from 'vitest';
import { mongoImage } from '../../../src/sim/images/mongo/image.ts';
import { Town } from '../hotelreservation/town.ts';

it('evaluates what people type, and keeps the data over a restart of the server', () => {
  const town = new Town();
  town.start(
    'db',
    {
      ...mongoImage,
      files: { ...mongoImage.files, '/tmp/x.js': 'print([1, 2, 3].map(x => x * 2).reduce((a, b) => a + b));' },
    },
    ['docker-entrypoint.sh', 'mongod'],
  );
  town.world.advance(2_000);
  const shell = (script: string) => town.exec('db', ['mongo', 'shop', '--quiet', '--eval', script]);
  expect(
    shell('db.items.insertMany([{_id: 1, n: 5, tag: "a"}, {_id: 2, n: 7, tag: "b"}, {_id: 3, n: 9, tag: "a"}])'),
  ).toEqual({
    out: '{ "acknowledged" : true, "insertedIds" : [ 1, 2, 3 ] }\n',
    code: 0,
  });
  expect(shell('db.items.find({n: {$gt: 5}}, {tag: 0}).sort({n: -1})').out).toBe(
    '{ "_id" : 3, "n" : 9 }\n{ "_id" : 2, "n" : 7 }\n',
  );
  expect(shell('db.items.aggregate([{$group: {_id: "$tag", sum: {$sum: "$n"}}}, {$sort: {_id: 1}}])').out).toBe(
    '{ "_id" : "a", "sum" : 14 }\n{ "_id" : "b", "sum" : 7 }\n',
  );
  expect(shell('db.items.updateOne({_id: 1}, {$inc: {n: 1}, $set: {"a.b": true}})').out).toBe(
    '{ "acknowledged" : true, "matchedCount" : 1, "modifiedCount" : 1 }\n',
  );
  expect(shell('printjson(db.items.findOne({_id: 1}))').out).toBe(
    '{ "_id" : 1, "n" : 6, "tag" : "a", "a" : { "b" : true } }\n',
  );
  expect(shell('db.items.find().forEach(function (d) { print(d._id + "=" + d.n) })').out).toBe('1=6\n2=7\n3=9\n');
  expect(shell('db.items.remove({tag: "a"})').out).toBe('WriteResult({ "nRemoved" : 2 })\n');
  expect(shell('try { nothing() } catch (e) { print("caught " + e.message) }').out).toBe(
    'caught nothing is not defined\n',
  );
  expect(shell('"".constructor.constructor("return process")()').code).toBe(252);
  expect(town.exec('db', ['mongo', '--quiet', '/tmp/x.js'])).toEqual({ out: '12\n', code: 0 });
  expect(
    town.exec('db', ['bash', '-c', 'printf "use shop\\nshow collections\\ndb.items.count()\\n" | mongo --quiet']),
  ).toEqual({
    out: 'switched to db shop\nitems\n1\n',
    code: 0,
  });
  expect(town.exec('db', ['mongo', '--port', '1', '--quiet'])).toEqual({
    out: "Error: couldn't connect to server 127.0.0.1:1, connection attempt failed: SocketException: Error connecting to 127.0.0.1:1 :: caused by :: Connection refused :\nconnect@src/mongo/shell/mongo.js:374:17\n@(connect):2:6\nexception: connect failed\nexiting with code 1\n",
    code: 1,
  });
  expect(town.exec('db', ['mongo', '--frob']).out).toContain(
    "Error parsing command line: unrecognised option '--frob'",
  );
});

it('finds its data on the volume again and runs no init script then', () => {
  const town = new Town();
  const image = {
    ...mongoImage,
    files: { ...mongoImage.files, '/docker-entrypoint-initdb.d/a.js': 'db.seed.insert({n: 1})' },
  };
  const begin = () => town.start('db', image, ['docker-entrypoint.sh', 'mongod'], { volume: '/data/db' });
  begin();
  town.world.advance(3_000);
  expect(town.exec('db', ['mongo', '--quiet', '--eval', 'db.seed.insertOne({_id: 7}); db.seed.count()']).out).toBe(
    '2\n',
  );
  town.containers.get('db')?.signal('SIGKILL');
  begin();
  town.world.advance(3_000);
  expect(town.log('db').some((l) => l.includes('running /docker-entrypoint-initdb.d'))).toBe(false);
  expect(town.exec('db', ['mongo', '--quiet', '--eval', 'db.seed.count({_id: 7})']).out).toBe('1\n');
  expect(town.exec('db', ['mongo', '--quiet', '--eval', 'db.seed.count()']).out).toBe('2\n');
});
