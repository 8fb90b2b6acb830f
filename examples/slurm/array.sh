#!/usr/bin/env bash
# Converts one input with sixteen tasks of four threads: sbatch examples/slurm/array.sh IN OUT
# A task that was stopped (exit code 6) or killed goes on where it was when it is submitted again: sbatch --array=7 …
# Afterwards:
#
#     ooievaar report merge OUT/report-* -o OUT/report
#SBATCH --job-name=ooievaar
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --mem=2G
#SBATCH --signal=TERM@60
set -u
# Not the count that Slurm tells: that is of the tasks submitted now.
parts=16
part=$SLURM_ARRAY_TASK_ID
srun ooievaar batch "$1" -o "$2/part-$part" --layout ndjson --shard "$part/$parts" \
  --jobs "$SLURM_CPUS_PER_TASK" --resume --report "$2/report-$part"
status=$?
# Losses (1) and messages in quarantine (3) are results, to be read in the report.
case $status in 0 | 1 | 3) exit 0 ;; *) exit $status ;; esac
