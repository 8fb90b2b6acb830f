#!/usr/bin/env bash
# Measures `ooievaar batch` on generated messages, and checks what must hold of it: nothing missing, the same bytes for
# any number of threads, memory that does not grow, two jobs at least 1.8 times as fast as one, exact resumption after
# kill -9, clear errors. It ends with 1 if something does not hold.
#
#     cargo build --release && benches/batch.sh [COUNT [FOLDER]]
#
# COUNT messages (default 100000), about 25 KB each, in FOLDER (default: a temporary one; it needs 12 GB for 100000, on a
# disk and not in memory). Memory and speed are promised for 100000 or more, on a machine with nothing else to do: with
# fewer they are measured, and missing a promise is only said. It needs Python 3 and GNU time; as root it also fills a
# small disk, with cargo it also measures one message beside the bare parse.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ooievaar=$(realpath "${OOIEVAAR:-target/release/ooievaar}")
count=${1:-100000}
small=$((count / 10))
tiny=$((count / 100))
broken=0
# So that a tenth still holds a broken message.
[ "$count" -ge 1000 ] || { echo 'at least 1000 messages'; exit 2; }
if [ -n "${2:-}" ]; then mkdir -p "$2"; work=$(realpath "$2"); else work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; fi

stage() { printf '\n=== %s\n' "$*"; }
fail() { echo "FAILED: $*"; exit 1; }

# promise A OPERATOR B TEXT…: says so if it is not kept; at full size the script then ends with 1.
promise() {
  local holds
  holds=$(awk -v a="$1" -v b="$3" "BEGIN { print (a $2 b) }")
  shift 3
  [ "$holds" = 1 ] && return
  if [ "$count" -ge 100000 ]; then
    echo "FAILED: $*"
    broken=1
  else
    echo "not kept, with too few messages to be promised: $*"
  fi
}

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
least() { printf '%s\n' "$@" | sort -g | head -n 1; }
equal() { diff -rq --exclude .ooievaar "$1" "$2" >/dev/null || fail "$1 and $2 differ"; }

stage 'messages'
for size in "$tiny" "$small" "$count"; do
  [ -d "$work/in-$size" ] || benches/generate.py "$size" "$work/in-$size"
done
[ -f "$work/in-$count.zip" ] || benches/generate.py "$count" "$work/in-$count.zip"
du -sh "$work/in-$count" "$work/in-$count.zip"
[ "$(find "$work/in-$count" -type f | wc -l)" -eq "$count" ] || fail 'the input is not complete'
bytes=$(find "$work/in-$small" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')

# First, while nothing has been removed: some file systems search long for places that were free until then.
stage 'two jobs beside one: each in turn, five times, the best counts'
for layout in files ndjson; do
  ones=() twos=()
  for round in 1 2 3 4 5; do
    batch "one-$round" "$work/in-$small" --layout $layout --jobs 1
    batch "two-$round" "$work/in-$small" --layout $layout --jobs 2
    ones+=("$(seconds "one-$round")") twos+=("$(seconds "two-$round")")
    equal "$work/one-$round" "$work/two-$round"
  done
  echo "$layout: one job ${ones[*]} s, two ${twos[*]} s"
  one=$(least "${ones[@]}") two=$(least "${twos[@]}")
  for pair in "one:$one" "two:$two"; do
    awk -v name="$layout, ${pair%%:*}" -v seconds="${pair##*:}" -v count="$small" -v bytes="$bytes" \
      'BEGIN { printf "%s: %.0f messages/s, %.1f MB/s\n", name, count / seconds, bytes / seconds / 1e6 }'
  done
  echo "$layout: two jobs are $(ratio "$one" "$two") times as fast as one"
  promise "$one" '>=' "$(awk -v two="$two" 'BEGIN { print two * 1.8 }')" "$layout: two jobs are less than 1.8 times as fast"
  rm -rf "$work"/one-[1-5] "$work"/two-[1-5]
  sync
done

stage 'nothing missing: as a folder and as one zip'
batch folder "$work/in-$count" --layout files --jobs 2
batch zip "$work/in-$count.zip" --layout files --jobs 2
for name in folder zip; do
  out=$(find "$work/$name" -name '*.json' | wc -l)
  quarantined=$(wc -l <"$work/$name/quarantine.ndjson")
  echo "$name: $count in, $out out, $quarantined quarantined; $(seconds $name) s, $(kilobytes $name) KB at most"
  [ $((out + quarantined)) -eq "$count" ] || fail "$name: messages are missing"
  [ "$quarantined" -eq "$tiny" ] || fail "$name: one in a hundred is broken"
done
diff -rq --exclude .ooievaar --exclude quarantine.ndjson --exclude losses.ndjson "$work/folder" "$work/zip/in-$count.zip" >/dev/null ||
  fail 'folder and zip differ'
rm -rf "$work/zip"

stage 'memory does not grow with the number of messages'
for layout in files ndjson; do
  for size in "$tiny" "$small" "$count"; do
    batch "memory-$size" "$work/in-$size" --layout $layout --jobs 2
  done
  few=$(kilobytes "memory-$small") many=$(kilobytes "memory-$count")
  echo "$layout: $(kilobytes "memory-$tiny") KB at most for $tiny messages, $few KB for $small, $many KB for $count: $(ratio "$many" "$few") times"
  promise "$many" '<=' "$(awk -v few="$few" 'BEGIN { print few * 1.1 }')" "$layout: the memory grows by more than 10%"
  [ $layout = files ] && equal "$work/folder" "$work/memory-$count"
  rm -rf "$work/memory-$count" "$work/memory-$small" "$work/memory-$tiny"
done
rm -rf "$work/folder"

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
  local said
  said=$(grep -m 1 '^error' "$work/log" || tail -n 1 "$work/log")
  echo "exit $status: ${said:-nothing said, as --quiet asks}"
  [ $status -eq "$code" ] || fail "exit $status instead of $code"
}
# What an earlier run left here would be taken for the output of this one.
if mountpoint -q "$work/disk"; then umount "$work/disk"; fi
rm -rf "$work"/{taken,refused,locked,partly,nobody,disk}
mkdir -p "$work/taken" && touch "$work/taken/file"
expect 5 "$ooievaar" batch "$work/in-$tiny" -o "$work/taken"
expect 3 "$ooievaar" batch "$work/nothing-here" -o "$work/refused"
if [ "$(id -u)" = 0 ]; then
  nobody=(setpriv --reuid 65534 --clear-groups "$ooievaar" batch)
  chmod a+rx "$work"
  mkdir -p "$work/locked" && chmod 700 "$work/locked"
  expect 3 "${nobody[@]}" "$work/locked" -o "$work/refused"
  expect 5 "${nobody[@]}" "$work/in-$tiny" -o "$work/refused"
  [ ! -e "$work/refused" ] || fail 'something was written'
  # A folder that cannot be read is listed, and what can be read is converted.
  mkdir -p "$work/partly/locked" "$work/nobody" && cp fixtures/kernset-2.3/minimal.xml "$work/partly"
  chmod 000 "$work/partly/locked" && chown 65534 "$work/nobody"
  expect 3 "${nobody[@]}" "$work/partly" -o "$work/nobody/out" --quiet
  grep -q '"path":"locked","code":"unreadable"' "$work/nobody/out/quarantine.ndjson" && [ -s "$work/nobody/out/minimal.xml.json" ] ||
    fail 'the folder is not listed, or the message not converted'
  echo "listed: $(cat "$work/nobody/out/quarantine.ndjson")"
  mkdir -p "$work/disk" && mount -t tmpfs -o "size=$((small * 10))k" tmpfs "$work/disk" && {
    expect 5 "$ooievaar" batch "$work/in-$small" -o "$work/disk/out"
    find "$work/disk/out" -name '*.json' -print0 | xargs -0 python3 -c 'import json, sys; [json.load(open(name)) for name in sys.argv[1:]]' ||
      fail 'half a file on a full disk'
    mount -o remount,size=4g "$work/disk"
    expect 3 "$ooievaar" batch "$work/in-$small" -o "$work/disk/out" --resume --quiet
    batch whole "$work/in-$small"
    equal "$work/whole" "$work/disk/out" && echo 'full disk: resumed with more room, the same bytes'
    umount "$work/disk"
  }
else
  echo 'skipped: what only root can try (another user, a full disk)'
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

stage 'one message beside the bare parse'
if command -v cargo >/dev/null; then
  cargo bench --quiet --bench convert -- --quick 2>/dev/null | grep 'times the bare parse' || fail 'cargo bench'
else
  echo 'skipped: no cargo'
fi

[ $broken -eq 0 ] || fail 'see above'
printf '\nall that is promised holds\n'
