import type { HttpResponse } from '../../../net/protocols.ts';
import { float32Text, type HotelProfile } from '../data.ts';

export type Query = Record<string, string>;

/** A profile without address reached the encoder: a nil pointer in the program. */
export class NilProfile extends Error {
  override readonly name = 'NilProfile';
}

/** The first value of each key of a query string. */
export function parseQuery(text: string): Query {
  const query: Query = {};
  if (text === '') return query;
  for (const part of text.split('&')) {
    const at = part.indexOf('=');
    const key = decode(at < 0 ? part : part.slice(0, at));
    if (query[key] === undefined) query[key] = at < 0 ? '' : decode(part.slice(at + 1));
  }
  return query;
}

function decode(text: string): string {
  if (text.indexOf('%') < 0 && text.indexOf('+') < 0) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '';
  }
}

const TEXT = 'text/plain; charset=utf-8';
const OK_HEADERS = { 'Access-Control-Allow-Origin': '*', 'Content-Type': TEXT };
const ERROR_HEADERS = { ...OK_HEADERS, 'X-Content-Type-Options': 'nosniff' };

function response(status: number, headers: Record<string, string>, body: string): HttpResponse {
  return {
    proto: 'http',
    kind: 'response',
    status,
    headers: { ...headers, 'Content-Length': String(body.length) },
    body,
    bytes: body.length + 160,
  };
}

/** A 200 answer with a JSON text; the type is sniffed by net/http, hence not application/json. */
export function ok(text: string): HttpResponse {
  return response(200, OK_HEADERS, `${text}\n`);
}

export function json(value: object): HttpResponse {
  return ok(JSON.stringify(value));
}

export function error(status: number, text: string): HttpResponse {
  return response(status, ERROR_HEADERS, `${text}\n`);
}

export function notFound(): HttpResponse {
  return response(404, { 'Content-Type': TEXT, 'X-Content-Type-Options': 'nosniff' }, '404 page not found\n');
}

/** Features by the profile's cached text: only some eighty different ones exist. */
const features = new Map<string, string>();

function feature(profile: string): string {
  let text = features.get(profile);
  if (text === undefined) {
    const hotel = JSON.parse(profile) as HotelProfile | null;
    if (!hotel?.address) throw new NilProfile('profile without address');
    const { lat, lon } = hotel.address;
    const names = JSON.stringify({ name: hotel.name, phone_number: hotel.phoneNumber });
    const place = `{"coordinates":[${float32Text(lon)},${float32Text(lat)}],"type":"Point"}`;
    text = `{"geometry":${place},"id":${JSON.stringify(hotel.id)},"properties":${names},"type":"Feature"}`;
    if (features.size < 10_000) features.set(profile, text);
  }
  return text;
}

export function featureCollection(profiles: readonly string[]): string {
  let list = '';
  for (const profile of profiles) list += list === '' ? feature(profile) : `,${feature(profile)}`;
  return `{"features":[${list}],"type":"FeatureCollection"}`;
}

const PAGE_BYTES = 1507;
const PAGE = ((): string => {
  const head = `<!DOCTYPE html>
<html>
<head>
<title>Hotels near you</title>
<meta charset="utf-8">
<style>#map { width: 100%; height: 100%; } html, body { margin: 0; height: 100%; }</style>
</head>
<body>
<div id="map"></div>
<script>
  fetch('/hotels?inDate=2015-04-09&outDate=2015-04-10&lat=37.7749&lon=-122.4194')
    .then(function (answer) { return answer.json(); })
    .then(function (hotels) {
      var list = document.getElementById('map');
      hotels.features.forEach(function (hotel) {
        var row = document.createElement('p');
        row.textContent = hotel.properties.name + ', ' + hotel.properties.phone_number;
        list.appendChild(row);
      });
    });
</script>
`;
  const tail = '</body>\n</html>\n';
  return head + ' '.repeat(Math.max(0, PAGE_BYTES - head.length - tail.length - 1)) + `\n${tail}`;
})();

/** The static page at `/`: 1507 bytes, as measured. */
export function startPage(): HttpResponse {
  return response(200, { 'Content-Type': 'text/html; charset=utf-8', 'Accept-Ranges': 'bytes' }, PAGE);
}
