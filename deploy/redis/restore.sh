#!/bin/sh
# Makes the data folder of a Redis that does not run from a file of backup.sh: restore.sh <file> <empty folder>
# Redis with `appendonly yes` reads no dump.rdb; what it reads is an append-only file that begins with one.
set -eu
file=${1:?say from which file}
data=${2:?say into which folder}
redis-check-rdb "$file" >/dev/null
if [ -e "$data/appendonlydir" ] || [ -e "$data/dump.rdb" ]; then
  echo "$data holds a Redis already: move it away first"
  exit 1
fi
umask 077
mkdir -p "$data/appendonlydir"
cp "$file" "$data/appendonlydir/appendonly.aof.1.base.rdb"
# Last: without it Redis begins with nothing.
echo 'file appendonly.aof.1.base.rdb seq 1 type b' >"$data/appendonlydir/appendonly.aof.manifest"
