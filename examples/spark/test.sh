#!/usr/bin/env bash
# Runs convert.py in local mode on generated messages, and checks that it gives the resources that `ooievaar batch`
# gives. It needs Java 17 and Python 3 with pyspark; without them it says so and does nothing.
#
#     examples/spark/test.sh target/release/ooievaar [COUNT]
set -euo pipefail
ooievaar=$(realpath "${1:?which ooievaar}")
count=${2:-10000}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-python3}

if ! command -v java >/dev/null; then
  echo 'skipped: no Java'
  exit
fi
if ! "$python" -c 'import pyspark' 2>/dev/null; then
  echo 'skipped: no pyspark (pip install pyspark)'
  exit
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$here/../../benches/generate.py" "$count" "$scratch/in"
status=0
"$ooievaar" batch "$scratch/in" -o "$scratch/batch" --layout ndjson --quiet || status=$?
# 3: some messages are broken, as they should be.
[ $status -eq 3 ]
PYSPARK_PYTHON=$(command -v "$python") "$python" "$here/convert.py" "$scratch/in" "$scratch/spark" --ooievaar "$ooievaar" 2>"$scratch/log" ||
  { tail -n 40 "$scratch/log"; exit 1; }

# Line by line, to the byte.
"$python" - "$scratch" "$count" <<'PY'
import collections, glob, sys

scratch, count = sys.argv[1], int(sys.argv[2])

def resources(pattern):
    found = collections.Counter()
    for name in glob.glob(pattern):
        for line in open(name, encoding="utf-8", newline="\n"):
            found[hash(line)] += 1
    return found

batch = resources(f"{scratch}/batch/*.[0-9]*.ndjson")
spark = resources(f"{scratch}/spark/resources/type=*/part-*.txt")
quarantine = [sum(1 for _ in open(name)) for name in glob.glob(f"{scratch}/spark/quarantine/part-*.json")]
listed = sum(1 for _ in open(f"{scratch}/batch/quarantine.ndjson"))
assert batch, "no resources"
assert batch == spark, f"{batch.total()} resources by batch, {spark.total()} by Spark, {(batch - spark).total()} differ"
assert sum(quarantine) == listed > 0, f"quarantined: {listed} by batch, {sum(quarantine)} by Spark"
print(f"{count} messages: {batch.total()} resources and {listed} quarantined, the same by batch and by Spark")
PY
