#!/bin/sh
# Writes everything that a Redis holds, as of one moment, into a file, while it serves: backup.sh <file>
# Asks as `admin`: REDISCLI_AUTH is its password, REDIS_HOST (127.0.0.1), REDIS_PORT (6379) or REDIS_SOCKET its place.
set -eu
file=${1:?say into which file}
[ ! -e "$file" ] || { echo "$file is there already"; exit 1; }
if [ -n "${REDIS_SOCKET:-}" ]; then set -- -s "$REDIS_SOCKET"; else set -- -h "${REDIS_HOST:-127.0.0.1}" -p "${REDIS_PORT:-6379}"; fi
umask 077
redis-cli "$@" --user admin --no-auth-warning --rdb "$file.part" >/dev/null
redis-check-rdb "$file.part" >/dev/null
mv "$file.part" "$file"
