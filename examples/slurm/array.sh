#!/usr/bin/env bash
# Converts one input with sixteen tasks of four threads: sbatch examples/slurm/array.sh IN OUT
# A task that was killed goes on where it was when it is submitted again. Afterwards:
#
#     ooievaar report merge OUT/report-* -o OUT/report
#SBATCH --job-name=ooievaar
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --signal=TERM@60
set -u
part=$SLURM_ARRAY_TASK_ID
srun ooievaar batch "$1" -o "$2/part-$part" --layout ndjson --shard "$part/$SLURM_ARRAY_TASK_COUNT" \
  --jobs "$SLURM_CPUS_PER_TASK" --resume --report "$2/report-$part"
status=$?
# Losses (1) and messages in quarantine (3) are results, to be read in the report.
case $status in 0 | 1 | 3) exit 0 ;; *) exit $status ;; esac
