#!/bin/sh
# Holds backup.sh and restore.sh to what they promise, with the Redis of the PATH or of .toolchain and the users of Docker Compose: a backup
# that is made while somebody writes has what was there, restored it is served, also after the restored server was killed.
set -eu
cd "$(dirname -- "$0")/../.."
for folder in .toolchain/redis-server/usr/bin .toolchain/redis/bin; do
  [ ! -x "$folder/redis-cli" ] || PATH=$PATH:$PWD/$folder
done
if ! command -v redis-server >/dev/null || ! command -v redis-cli >/dev/null || ! command -v redis-check-rdb >/dev/null; then
  echo 'skipped: no Redis with redis-cli and redis-check-rdb'
  exit 0
fi
libraries=$PWD/.toolchain/redis-server/usr/lib/$(uname -m)-linux-gnu
[ ! -d "$libraries" ] || export LD_LIBRARY_PATH="$libraries"
work=$(mktemp -d)
server=
writer=
finish() {
  status=$?
  for id in $writer $server; do kill -9 "$id" 2>/dev/null || true; done
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM
fail() {
  echo "failed: $*"
  exit 1
}
node deploy/secrets.mjs "$work/secrets" >/dev/null
export SECRETS="$work/secrets" REDIS_SOCKET="$work/redis.sock"
REDISCLI_AUTH=$(cat "$work/secrets/redis_admin")
export REDISCLI_AUTH
ask() { redis-cli -s "$REDIS_SOCKET" --user admin --no-auth-warning "$@"; }
start() {
  mkdir -p "$1"
  DATA=$1 ACL_FILE="$work/users.acl" sh deploy/redis/start.sh --port 0 --unixsocket "$REDIS_SOCKET" >"$work/log" 2>&1 &
  server=$!
  tries=0
  until [ "$(ask ping 2>/dev/null)" = PONG ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { cat "$work/log"; fail 'Redis does not start'; }
    sleep 0.1
  done
}
end() {
  kill -9 "$server"
  wait "$server" 2>/dev/null || true
}
digest() { ask eval "local all = {} for _, k in ipairs(redis.call('keys', 'before:*')) do all[#all + 1] = k .. redis.sha1hex(redis.call('dump', k)) end table.sort(all) return #all .. ' ' .. redis.sha1hex(table.concat(all))" 0; }

start "$work/one"
ask eval "for i = 1, 20000 do redis.call('rpush', 'before:' .. i, 'a', 'b', i) redis.call('hset', 'before:h' .. i, 'f', i) end" 0 >/dev/null
before=$(digest)
(i=0; while :; do i=$((i + 1)); ask set "after:$i" x >/dev/null || exit 0; done) &
writer=$!
sh deploy/redis/backup.sh "$work/backup.rdb"
sh deploy/redis/backup.sh "$work/backup.rdb" >/dev/null && fail 'a backup was overwritten'
kill "$writer" && wait "$writer" 2>/dev/null || true
writer=
end
sh deploy/redis/restore.sh "$work/backup.rdb" "$work/one" >/dev/null && fail 'data was overwritten'
sh deploy/redis/restore.sh "$work/backup.rdb" "$work/two"
start "$work/two"
[ "$(digest)" = "$before" ] || fail "$(digest) instead of $before"
ask eval "redis.call('set', 'later', 1) return redis.call('set', 'last', 2)" 0 >/dev/null
end
start "$work/two"
[ "$(digest)" = "$before" ] && [ "$(ask get last)" = 2 ] || fail 'what was restored did not survive'
head -c 1000 "$work/backup.rdb" >"$work/broken.rdb"
sh deploy/redis/restore.sh "$work/broken.rdb" "$work/three" >/dev/null 2>&1 && fail 'a broken backup was restored'
echo "passed: ${before%% *} keys backed up under load, restored, and there after the restored server was killed"
