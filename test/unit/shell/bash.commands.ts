import { readFileSync } from 'node:fs';

/**
 * Commands as agents type them, one call each, run after {@link fixture} in a fresh shell. `bash.recorded.json` holds what bash 5.2
 * with GNU tools answered (made by `npx tsx test/unit/shell/record-bash.ts` on Linux).
 */
export const fixture = `cd /tmp/fixture
cat > pods.txt <<'EOF'
NAME                       READY   STATUS             RESTARTS      AGE
geo-5f7b9c6d4-abcde        1/1     Running            0             5m
rate-6c8d7f9b5-fghij       0/1     CrashLoopBackOff   7 (30s ago)   5m
search-7d9f8c6b4-klmno     1/1     Running            1             4m
user-84b6f7c5d-pqrst       0/1     Pending            0             3m
EOF
cat > app.log <<'EOF'
2026-01-15T09:00:01Z INFO  starting geo on :8083
2026-01-15T09:00:02Z ERROR dial tcp 10.96.0.12:27017: connection refused
2026-01-15T09:00:03Z WARN  retrying in 2s
2026-01-15T09:00:05Z ERROR dial tcp 10.96.0.12:27017: connection refused
2026-01-15T09:00:07Z INFO  ready
EOF
cat > pods.json <<'EOF'
{"items":[{"metadata":{"name":"geo"},"status":{"phase":"Running","restarts":0}},{"metadata":{"name":"rate"},"status":{"phase":"Pending","restarts":7}}]}
EOF
cat > svc.yaml <<'EOF'
apiVersion: v1
kind: Service
metadata:
  name: geo
spec:
  ports:
  - port: 8083
EOF
printf 'time,value\\n1,0.5\\n2,0.75\\n3,1.25\\n' > metrics.csv
`;

export const commands: string[] = `
grep Running pods.txt
grep -v Running pods.txt | wc -l
grep -c ERROR app.log
grep -n ERROR app.log
grep -E 'ERROR|WARN' app.log | cut -d' ' -f1,2
grep -o '10\\.96\\.[0-9.]*:[0-9]*' app.log | sort | uniq -c
grep -i error app.log | tail -1
grep -A1 WARN app.log
grep -B1 -A1 WARN app.log
grep nothing app.log; echo $?
grep -q ERROR app.log && echo found || echo none
grep -rl ERROR .
grep -w ready app.log
grep ERROR missing.log
egrep 'INFO|WARN' app.log | wc -l
awk '{print $1, $3}' pods.txt
awk 'NR>1 && $3!="Running" {print $1}' pods.txt
awk 'NR>1{c[$3]++} END{for(s in c) print s, c[s]}' pods.txt | sort
awk -F, 'NR>1{s+=$2} END{printf "%.2f\\n", s/(NR-1)}' metrics.csv
awk '/ERROR/{n++} END{print n+0}' app.log
awk -v x=3 'BEGIN{print x*2}'
awk '{print NF": "$NF}' app.log
awk 'BEGIN{FS=","; OFS=";"} {$1=$1; print}' metrics.csv
awk '$2 ~ /ERR/ {print substr($1,12,8)}' app.log
awk 'length($0) > 50' app.log
sed -n 2,3p pods.txt
sed 's/Running/OK/' pods.txt
sed -i 's/8083/9090/' svc.yaml; cat svc.yaml
sed -e '1d' -e '$d' pods.txt
sed -E 's/^([^ ]+) +([^ ]+).*/\\2 \\1/' pods.txt
sed '/ERROR/d' app.log
sed -n '/kind/,/name/p' svc.yaml
sed '2i\\inserted' metrics.csv
sed 's/,/\\t/g' metrics.csv
head -2 pods.txt
head -n -2 metrics.csv
tail -n +3 metrics.csv
tail -2 metrics.csv
head -c 10 app.log; echo
cut -d, -f2 metrics.csv
cut -c1-4 metrics.csv
sort -t, -k2 -nr metrics.csv
sort -u <<< $'b\\na\\nb'
sort -k4 -n pods.txt | head -2
printf 'a 10\\nb 9\\n' | sort -k2n
printf '1K\\n2M\\n512\\n' | sort -h
cat pods.txt | tr -s ' ' | cut -d' ' -f2 | sort | uniq -c | sort -rn
tr a-z A-Z < svc.yaml | head -1
echo 'a:b:c' | tr ':' '\\n'
wc -l pods.txt
wc < app.log
cat pods.txt app.log | wc -l
wc -l *.txt *.log
jq -r '.items[].metadata.name' pods.json
jq '.items | length' pods.json
jq -r '.items[] | select(.status.phase != "Running") | .metadata.name' pods.json
jq -c '.items[0].status' pods.json
jq '[.items[].status.restarts] | add' pods.json
jq -r '.items[] | "\\(.metadata.name)\\t\\(.status.phase)"' pods.json
jq -r '.items[] | [.metadata.name, .status.restarts] | @csv' pods.json
jq .missing pods.json
jq '.items[].metadata | keys' pods.json
jq -e '.nope' pods.json; echo $?
for i in 1 2 3; do echo "n=$i"; done
for f in *.txt *.csv; do echo $f; done
for ((i=0;i<3;i++)); do printf '%d ' $i; done; echo
for p in $(awk 'NR>1{print $1}' pods.txt); do echo "== \${p%%-*}"; done
i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i
while read -r name ready status rest; do [ "$status" = Pending ] && echo "$name"; done < pods.txt
while IFS=, read -r t v; do echo "$v@$t"; done < metrics.csv
cat pods.txt | while read a b; do last=$a; done; echo "[$last]"
until [ -f done ]; do touch done; done; ls done
case geo-123 in geo*) echo G;; *) echo other;; esac
if grep -q ERROR app.log; then echo bad; else echo good; fi
if [[ "geo-1" =~ ^([a-z]+)-([0-9]+)$ ]]; then echo "\${BASH_REMATCH[1]} \${BASH_REMATCH[2]}"; fi
[[ -f pods.txt && ! -d pods.txt ]] && echo file
[ -z "$NOPE" ] && echo empty
[ 1 -eq 2 ] || echo differ
test -s app.log; echo $?
x=5; ((x++)); ((x*=2)); echo $x
echo $((2**10 % 7)) $((7/2)) $((16#ff))
echo $(( (3+4)*2 )); echo $((1<2 ? 10 : 20))
a=(x y z); echo \${#a[@]} \${a[1]} \${a[@]:1} \${!a[@]}
a=(1 2); a+=(3); for v in "\${a[@]}"; do echo "<$v>"; done
declare -A m; m[geo]=1; m[rate]=2; for k in "\${!m[@]}"; do echo "$k=\${m[$k]}"; done | sort
declare -A c; for s in a b a; do c[$s]=$(( \${c[$s]:-0} + 1 )); done; echo \${c[a]} \${c[b]}
declare -A c; for p in pod-1 pod-2 pod-1; do c[$p]=$((c[$p]+1)); done; echo \${c[pod-1]} \${c[pod-2]}
declare -A c; k=a.b/c; (( c[$k]++ )); (( t += c[$k] )); echo $t
declare -A m=([k]="x y" ["a b"]="c d"); echo "\${m[k]}|\${m[a b]}"
mapfile -t L < metrics.csv; echo \${#L[@]} "\${L[2]}"
readarray -t L <<< "$(seq 3)"; echo "\${L[*]}"
IFS=: read -r a b c <<< "1:2:3"; echo $b
read -ra w <<< "one two three"; echo \${w[2]}
s=geo-5f7b-abc; echo \${s%-*} \${s%%-*} \${s#*-} \${s##*-} \${#s} \${s:0:3} \${s/geo/rate} \${s^^}
v=; echo "\${v:-default} \${v:=set} $v \${v:+yes}"
echo \${NOPE:?must be set}; echo after
name=v; v=1; echo \${!name}
echo {a,b}{1,2} {1..5} {01..03} {a..e..2}
f() { local x=$1; echo "f:$x"; return 3; }; f hi; echo $?
f() { echo "$#:$*:$@"; }; f a "b c" d
f() { for a in "$@"; do echo "[$a]"; done; }; f 1 "2 3"
set -- a b c; shift; echo $1 $#
set -o pipefail; false | true; echo $?
false | true; echo \${PIPESTATUS[@]}
set -e; false; echo not reached
set -u; echo $UNDEFINED_VARIABLE; echo not reached
set -x; echo traced
(cd /; pwd); pwd
(exit 4); echo $?
{ echo a; echo b; } | tac
echo out; echo err >&2
ls missing 2>/dev/null || echo none
ls missing 2>&1
echo a > f; echo b >> f; cat f
echo err >&2 2>/dev/null
{ echo o; echo e >&2; } > both.txt 2>&1; cat both.txt
cat <<EOF
value: $((1+1)) \${HOME:+home}
EOF
cat <<'EOF' | sed 's/x/y/'
raw $HOME x
EOF
cat <<-EOF
	tab
EOF
diff <(echo a) <(echo b)
diff <(printf 'a\\nb\\nc\\n') <(printf 'a\\nc\\nd\\n')
diff -u <(echo a) <(echo a) && echo same
comm -12 <(printf 'a\\nb\\n') <(printf 'b\\nc\\n')
join <(printf '1 a\\n2 b\\n') <(printf '1 x\\n2 y\\n')
paste -d, <(seq 2) <(seq 3 4)
seq 5 | xargs
seq 4 | xargs -n2 echo pair
printf 'a b\\nc\\n' | xargs -I{} echo "<{}>"
echo a,b | xargs -d, -n1
find . -name '*.txt' | sort
find . -type f -name '*.csv' -exec wc -l {} \\;
find . -maxdepth 1 -type f | wc -l
printf '%s=%d\\n' a 1 b 2
printf '%-8s|%5.2f|%03d\\n' ab 3.14159 7
printf '%x %o %e\\n' 255 8 1234.5
printf '%q\\n' "a b"
printf '%b' 'a\\tb\\n'
echo -e 'a\\tb'; echo -n x; echo
echo "a  b" 'c$d' e\\ f
date -u -d @1700000000 +%Y-%m-%dT%H:%M:%SZ
date -u -d '2026-01-15 09:00:00 UTC' +%s
date -u -d '2026-01-15 + 3 days' +%F
date -u -d '2026-01-15T10:00:00Z 2 hours ago' '+%F %T'
date -u -d '2026-01-15T09:00:00+02:00' -Iseconds
date -u -d '15 Jan 2026 10:11' '+%d/%m/%y %I:%M %p %j %A'
date -u -d nonsense
TZ=UTC date -d @0
date -u -d @1700000000 -R
echo "scale=3; 22/7" | bc
echo "10 > 3" | bc
expr 3 + 4; expr length hello
basename /a/b/c.yaml .yaml; dirname /a/b/c.yaml
seq 1 2 7; seq -s, 3; seq -w 8 10
echo aGVsbG8= | base64 -d; echo; echo -n admin | base64
echo -n hello | md5sum; echo -n hello | sha256sum
tee copy.txt < metrics.csv | wc -l; cat copy.txt | head -1
nl metrics.csv | head -2
column -t pods.txt | head -2
rev <<< abc; tac metrics.csv | head -1
fold -w 5 <<< abcdefgh
cat -n metrics.csv | head -2
od -c <<< ab | head -1
stat -c '%s %F' metrics.csv
du -b metrics.csv
mkdir -p x/y; touch x/y/z; ls x/y; rm -r x; ls x
ls -1
ls -d p*
cp pods.txt p2; mv p2 p3; ls p3; rm p3
rm missing
cat missing
cat < missing
cd /nowhere
mkdir pods.txt
nosuchcommand --help
./nosuch.sh
echo 'echo script $1' > s.sh; bash s.sh arg
echo 'echo x' > s.sh; ./s.sh
echo 'exit 6' > s.sh; chmod +x s.sh; ./s.sh; echo $?
bash -c 'echo $0 $1' name arg
bash -c 'exit 3'; echo $?
bash -c 'echo "$V"'; V=1 bash -c 'echo "$V"'
V=1; bash -c 'echo "[$V]"'; export V; bash -c 'echo "[$V]"'
sh -c 'echo hi; exit 2' || echo "rc=$?"
eval 'y=3; echo $y'
x='a b'; eval "z=\\$x"; echo "$z"
source /dev/stdin <<< 'q=7'; echo $q
command -v nosuch; echo $?
type -t echo cd ls
alias | wc -l
timeout 5 echo quick; echo $?
timeout 5 bash -c 'exit 9'; echo $?
timeout 0.2 sleep 5; echo $?
timeout 1 bash -c 'echo a; sleep 5; echo b'; echo $?
timeout
sleep abc
yes | head -3
yes no | head -n 1; echo \${PIPESTATUS[0]}
trap 'echo bye' EXIT; echo hi
trap 'echo code $?' EXIT; exit 3
trap 'rm -f t.tmp; echo cleaned' EXIT; touch t.tmp; false
set -e; trap 'echo trapped' EXIT; false; echo no
trap 'echo int' INT TERM; echo set; trap -p
trap - EXIT; trap nonsense WRONG
(trap 'echo sub' EXIT; echo in); echo out
bash -c 'trap "echo inner" EXIT; exit 4'; echo $?
f() { trap 'echo f-exit' EXIT; }; f; echo body
echo a & wait; echo waited
kill -0 99999
kill %1
jobs
umask
wait; echo $?
ulimit -n >/dev/null; echo $?
exit 7
exit abc
echo "unterminated
if true; then echo a
echo a | | b
fi
for i in 1 2; do
echo $((1/0))
[ a = ]
[[ a == ]]
let x=1+2; echo $x
echo $((08))
readonly R=1; R=2; echo after
local x=1
return 3
shift 5; echo $?
unset nothing; echo $?
getopts ab: o -b v; echo $o $OPTARG
: > empty; wc -c empty
true && false || echo fallback
! true; echo $?
time_=$SECONDS; echo $((SECONDS - time_))
SECONDS=10; echo $SECONDS
echo \${#RANDOM} | grep -c '[1-5]'
echo $BASH_SUBSHELL
echo $0 $# $-
printf '%s\\n' "$(echo a; echo; echo)"
x=$(cat missing 2>&1); echo "[$x] $?"
echo "$(< metrics.csv)" | head -1
cat metrics.csv | while IFS= read -r l; do ((n++)); echo "$n:$l"; done
exec 3> out3; echo three >&3; exec 3>&-; cat out3
echo a | tee >(cat > t2) >/dev/null; sleep 0.1; cat t2
printf -v s '%05d' 42; echo $s
printf '%(%Y)T\\n' 0
printf '%(%F %T)T|%s\\n' 86400 x
shopt -s nullglob; echo *.nope
echo *.nope
ls *.nope
echo [a-m]*.txt
test a -nt b; echo $?
env -i A=1 env
export A=1; env | grep ^A=
A=1 env | grep ^A=
printenv NOPE; echo $?
which nosuch; echo $?
tr -d '\\n' < metrics.csv; echo
uniq -d <<< $'a\\na\\nb'
sort -R /dev/null; echo $?
split -l 2 metrics.csv part; ls part*
xargs -a metrics.csv echo
tar cf a.tar pods.txt && tar tf a.tar
gzip -c metrics.csv | gunzip | head -1
truncate -s 3 metrics.csv; cat metrics.csv; echo
`
  .split('\n')
  .reduce<string[]>((out, line) => {
    const open = out.at(-1);
    const word = open ? /<<-?'?(\w+)'?/.exec(open)?.[1] : undefined;
    const inside = word !== undefined && !new RegExp(`\n\t*${word}$`).test(open!) && open!.includes('EOF');
    if (inside) out[out.length - 1] += `\n${line}`;
    else if (line !== '') out.push(line);
    return out;
  }, []);

// scripts, one a line, as they are typed
commands.push(
  ...readFileSync(new URL('bash.scripts.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== ''),
);
