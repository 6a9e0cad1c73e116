#!/bin/sh
# Builds the images, brings docker-compose.yaml up as the documentation says, in a copy with secrets of its own, and holds it to what
# it promises: sizes, users, read-only roots, no secret in an environment; messages answered through the containers by three agents
# and two tool-runners that share workspaces; a restart of every container under load loses nothing. Takes everything down again.
#   COMPOSE        the program, when it is not `docker compose`
#   BUILD_NETWORK  the network that images are built in, e.g. host where the engine has no way out
# Where no registry of images is reached, deploy/test/base-images.sh makes the two base images first.
set -eu
cd "$(dirname -- "$0")/../.."
if ! docker info >/dev/null 2>&1; then
  echo 'skipped: no Docker engine'
  exit 0
fi
repository=$PWD
work=$(mktemp -d)
project=queueclaw-test-$$
compose() { ${COMPOSE:-docker compose} --project-name "$project" --project-directory "$work/app" "$@"; }
finish() {
  status=$?
  [ "$status" = 0 ] || { compose logs --tail 40 2>&1 | tail -n 200; }
  [ -z "${talk:-}" ] || kill "$talk" 2>/dev/null || true
  compose down --volumes --timeout 5 >/dev/null 2>&1 || true
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM
fail() {
  echo "failed: $*"
  exit 1
}

mkdir "$work/app"
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from - --ignore-failed-read 2>/dev/null |
  tar --extract --directory "$work/app"
# Only BuildKit looks beside the Dockerfile for it.
cp deploy/docker/Dockerfile.dockerignore "$work/app/.dockerignore"
cd "$work/app"

for target in ingress agent console tool-runner; do
  docker build --quiet ${BUILD_NETWORK:+--network "$BUILD_NETWORK"} --file deploy/docker/Dockerfile --target "$target" \
    --tag "queueclaw-$target:local" . >"$work/log" 2>&1 || { tail -n 40 "$work/log"; fail "the image of $target"; }
done
size() { docker image inspect --format '{{.Size}}' "$1"; }
base=$(size node:24-bookworm-slim)
for target in ingress agent console tool-runner; do
  above=$((($(size "queueclaw-$target:local") - base) / 1000000))
  echo "queueclaw-$target: $above MB above the base of $((base / 1000000)) MB"
  case $target in ingress | agent) [ "$above" -le 120 ] || fail "$target is larger than 120 MB" ;; esac
done

node deploy/secrets.mjs >/dev/null
free() { node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })"; }
PORT=$(free)
CONSOLE_PORT=$(free)
export PORT CONSOLE_PORT
compose up --detach --no-build --wait --scale agent=3 --scale tool-runner=2 >"$work/log" 2>&1 || { cat "$work/log"; fail 'up'; }
echo 'passed: all are healthy, three agents and two tool-runners among them'

containers() { compose ps --quiet "$@"; }
for id in $(containers ingress agent tool-runner console); do
  docker inspect "$id" >"$work/inspect.json"
  node - "$work/inspect.json" deploy/secrets <<'JS' || fail 'a container has more than it needs'
const { readFileSync, readdirSync } = require('node:fs');
const [file, secrets] = process.argv.slice(2);
const [{ Name, Config, HostConfig }] = JSON.parse(readFileSync(file, 'utf8'));
const values = readdirSync(secrets).map((name) => readFileSync(`${secrets}/${name}`, 'utf8').trim()).filter(Boolean);
const wrong = [
  Config.User !== '10001:10001' && 'another user',
  !HostConfig.ReadonlyRootfs && 'a root that can be written',
  HostConfig.CapDrop?.join() !== 'ALL' && 'capabilities',
  !HostConfig.Memory && 'no limit of memory',
  Config.Env.some((line) => values.some((value) => line.includes(value))) && 'a secret in its environment',
].filter(Boolean);
if (wrong.length > 0) console.log(`${Name}: ${wrong.join(', ')}`);
process.exitCode = wrong.length;
JS
  grep -q 'CapEff:.*[1-9a-f]' <<STATUS && fail 'a process has capabilities'
$(docker exec "$id" grep CapEff /proc/1/status)
STATUS
done
echo 'passed: user, roots, capabilities, limits and environments of the containers'

for id in $(containers tool-runner); do
  docker exec "$id" node -e "fetch('http://127.0.0.1:9464/readyz').then((a) => a.text()).then(console.log)" | tee "$work/ready" | grep -q 'containment ok' ||
    { cat "$work/ready"; fail 'the sandbox does not hold in the container of a tool-runner'; }
done
echo 'passed: the sandbox holds in the containers of the tool-runners'

node "$repository/deploy/test/talk.mjs" "http://127.0.0.1:$PORT" deploy/secrets/token 12 >"$work/talk" 2>&1 &
talk=$!
while ! grep -q ready "$work/talk"; do
  kill -0 "$talk" 2>/dev/null || { cat "$work/talk"; fail 'nobody was answered'; }
  sleep 0.2
done
restarts=0
for id in $(containers agent tool-runner ingress console redis); do
  docker restart --time 40 "$id" >/dev/null
  restarts=$((restarts + 1))
  until [ "$(docker inspect --format '{{.State.Health.Status}}' "$id")" = healthy ]; do sleep 0.2; done
done
kill -TERM "$talk"
wait "$talk" || { cat "$work/talk"; fail 'something was lost'; }
talk=
tail -n 1 "$work/talk"
echo "passed: $restarts restarts under load lost nothing, repeated nothing, and every tool-runner saw the files"
worked() { docker exec "$1" node -e "fetch('http://127.0.0.1:9464/metrics').then((a) => a.text()).then((t) => console.log(/^$2\{[^}]*\} [1-9]/m.test(t) ? 'yes' : 'no'))"; }
for id in $(containers agent); do [ "$(worked "$id" queueclaw_jobs_total)" = yes ] || fail 'an agent had nothing to do'; done
for id in $(containers tool-runner); do [ "$(worked "$id" queueclaw_tool_calls_total)" = yes ] || fail 'a tool-runner had nothing to do'; done
echo 'passed: every replica had its share'
