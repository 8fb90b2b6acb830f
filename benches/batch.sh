#!/usr/bin/env bash
# Measures `ooievaar batch` on generated messages, and checks what must hold of it: nothing missing, the same bytes for
# any number of threads, memory that does not grow, exact resumption after kill -9, clear errors.
#
#     cargo build --release && benches/batch.sh [COUNT [FOLDER]]
#
# COUNT messages (default 100000), about 25 KB each, in FOLDER (default: a temporary one; it needs 8 GB for 100000). It
# needs Python 3 and GNU time; as root it also fills a small disk.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ooievaar=$(realpath "${OOIEVAAR:-target/release/ooievaar}")
count=${1:-100000}
small=$((count / 10))
if [ -n "${2:-}" ]; then mkdir -p "$2"; work=$(realpath "$2"); else work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; fi

stage() { printf '\n=== %s\n' "$*"; }
fail() { echo "FAILED: $*"; exit 1; }

# batch NAME INPUT OPTION…: runs to $work/NAME; leaves "seconds kilobytes" in $work/NAME.time.
batch() {
  local name=$1 input=$2 status=0
  shift 2
  rm -rf "$work/$name"
  /usr/bin/time -f '%e %M' -o "$work/$name.time" "$ooievaar" batch "$input" -o "$work/$name" --report "$work/$name.report" --quiet "$@" || status=$?
  case $status in 0 | 1 | 3) ;; *) fail "$name: exit $status" ;; esac
}

seconds() { tail -n 1 "$work/$1.time" | cut -d' ' -f1; }
kilobytes() { tail -n 1 "$work/$1.time" | cut -d' ' -f2; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
equal() { diff -rq --exclude .ooievaar "$1" "$2" >/dev/null || fail "$1 and $2 differ"; }

stage 'messages'
for size in "$small" "$count"; do
  [ -d "$work/in-$size" ] || benches/generate.py "$size" "$work/in-$size"
done
[ -f "$work/in-$count.zip" ] || benches/generate.py "$count" "$work/in-$count.zip"
du -sh "$work/in-$count" "$work/in-$count.zip"

stage 'nothing missing: as a folder and as one zip'
batch folder "$work/in-$count" --layout files --jobs 2
batch zip "$work/in-$count.zip" --layout files --jobs 2
for name in folder zip; do
  out=$(find "$work/$name" -name '*.json' | wc -l)
  quarantined=$(wc -l <"$work/$name/quarantine.ndjson")
  echo "$name: $count in, $out out, $quarantined quarantined; $(seconds $name) s, $(kilobytes $name) KB at most"
  [ $((out + quarantined)) -eq "$count" ] || fail "$name: messages are missing"
done
diff -rq --exclude .ooievaar --exclude quarantine.ndjson "$work/folder" "$work/zip/in-$count.zip" >/dev/null ||
  fail 'folder and zip differ'
rm -rf "$work/zip"

stage 'memory does not grow with the number of messages'
for layout in files ndjson; do
  for size in "$small" "$count"; do
    batch "memory-$size" "$work/in-$size" --layout $layout --jobs 2
  done
  few=$(kilobytes "memory-$small") many=$(kilobytes "memory-$count")
  echo "$layout: $few KB for $small messages, $many KB for $count: $(ratio "$many" "$few") times"
  awk -v few="$few" -v many="$many" 'BEGIN { exit !(many <= few * 1.1) }' || echo "MORE THAN 10%: $layout"
  [ $layout = files ] && { equal "$work/folder" "$work/memory-$count"; }
  rm -rf "$work/memory-$count" "$work/memory-$small"
done
rm -rf "$work/folder"

stage 'two jobs beside one (each measured in turn, three times)'
for round in 1 2 3; do
  batch one "$work/in-$small" --layout ndjson --jobs 1
  batch two "$work/in-$small" --layout ndjson --jobs 2
  equal "$work/one" "$work/two"
  echo "round $round: $(seconds one) s with one job, $(seconds two) s with two: $(ratio "$(seconds one)" "$(seconds two)") times as fast"
done
"$ooievaar" report merge "$work/two.report" -o "$work/two.report" 2>&1 | grep '^time'

stage 'kill -9 at ten random moments of each layout, and resume'
for layout in files ndjson bundle-per-file; do
  batch whole "$work/in-$small" --layout $layout
  length=$(seconds whole)
  killed=0
  rm -rf "$work/killed"
  while [ $killed -lt 10 ]; do
    "$ooievaar" batch "$work/in-$small" -o "$work/killed" --layout $layout --resume --quiet 2>/dev/null &
    pid=$!
    sleep "$(awk -v whole="$length" -v seed="$RANDOM" 'BEGIN { srand(seed); print whole * rand() * 0.6 }')"
    if kill -9 $pid 2>/dev/null; then
      killed=$((killed + 1))
    else
      # It was over before it could be killed: compare, and begin anew.
      equal "$work/whole" "$work/killed"
      rm -rf "$work/killed"
    fi
    wait $pid || true
  done 2>/dev/null
  status=0
  "$ooievaar" batch "$work/in-$small" -o "$work/killed" --layout $layout --resume --quiet 2>/dev/null || status=$?
  [ $status -eq 3 ] || fail "$layout: exit $status"
  equal "$work/whole" "$work/killed"
  echo "$layout: killed $killed times, the same bytes as an undisturbed run"
done
rm -rf "$work/whole" "$work/killed"

stage 'clear errors, and nothing half-written'
expect() {
  local code=$1 status=0
  shift
  "$@" >"$work/log" 2>&1 || status=$?
  echo "exit $status: $(grep -m 1 '^error' "$work/log" || tail -n 1 "$work/log")"
  [ $status -eq "$code" ] || fail "exit $status instead of $code"
}
mkdir -p "$work/taken" && touch "$work/taken/file"
expect 5 "$ooievaar" batch "$work/in-$small" -o "$work/taken"
expect 3 "$ooievaar" batch "$work/nothing-here" -o "$work/refused"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$work/locked" && chmod 700 "$work/locked" && chmod a+rx "$work"
  expect 3 setpriv --reuid 65534 --clear-groups "$ooievaar" batch "$work/locked" -o "$work/refused"
  mkdir -p "$work/disk" && mount -t tmpfs -o size=8m tmpfs "$work/disk" && {
    expect 5 "$ooievaar" batch "$work/in-$small" -o "$work/disk/out"
    find "$work/disk/out" -name '*.json' -print0 | xargs -0 -n 1 python3 -c 'import json, sys; json.load(open(sys.argv[1]))' ||
      fail 'half a file on a full disk'
    mount -o remount,size=2g "$work/disk"
    expect 3 "$ooievaar" batch "$work/in-$small" -o "$work/disk/out" --resume --quiet
    batch whole "$work/in-$small"
    equal "$work/whole" "$work/disk/out" && echo 'full disk: resumed with more room, the same bytes'
    umount "$work/disk"
  }
fi
[ ! -e "$work/refused" ] || fail 'something was written'

stage 'cold start'
python3 - "$ooievaar" <<'PY'
import statistics, subprocess, sys, time
def measure(*command):
    times = []
    for _ in range(50):
        begun = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000
version = measure(sys.argv[1], "--version")
one = measure(sys.argv[1], "convert", "fixtures/kernset-2.3/minimal.xml")
print(f"--version: {version:.1f} ms; one small message: {one:.1f} ms (medians of 50)")
PY
