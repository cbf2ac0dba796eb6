/** What the recorded expressions see as `.Values`. */
export const VALUES = `name: web
count: 3
ratio: 0.25
big: 12345678
neg: -7
flag: true
off: false
empty: ""
nothing: null
list: [a, b, c]
nums: [3, 1, 2]
mixed: [1, two, 3.5, true, null, [x], {k: v}]
map: {x: 1, w: two, z: [1, {k: v}]}
nested: {a: {b: {c: deep}}}
text: |
  first line
  second "line" <tag> & more
long: the quick brown fox jumps over the lazy dog, again and again, until the line is much longer than eighty columns are
uni: grüße 世界
version: v1.24.3-rc.1+build
url: https://user:pw@example.com:8443/a/b?x=1&y=2#frag
tmpl: "{{ .Values.name }}-{{ .Release.Name }}"
emptyMap: {}
emptyList: []
quoted: "yes"
date: "2024-02-29"
`;
