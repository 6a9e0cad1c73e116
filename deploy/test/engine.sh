#!/bin/sh
# A Docker engine for deploy/test/compose.sh on a Debian machine without one, installed nowhere: of Debian's packages, in a folder, as root,
# until it is ended. It leaves the machine's firewall and forwarding alone, so that containers have no way out.
#   sh deploy/test/engine.sh <folder> &
#   export DOCKER_HOST=unix://<folder>/docker.sock DOCKER_BUILDKIT=0 BUILD_NETWORK=host
#   sh deploy/test/base-images.sh && sh deploy/test/compose.sh
set -eu
folder=${1:?say in which folder}
mkdir -p "$folder/packages" "$folder/root"
folder=$(cd "$folder" && pwd)
root=$folder/root
if [ ! -x "$root/usr/sbin/dockerd" ]; then
  (
    cd "$folder/packages"
    apt-get download --quiet docker.io containerd runc tini iptables debootstrap libip4tc2 libip6tc2 libxtables12 libnftnl11 \
      libnetfilter-conntrack3 libmnl0 libnfnetlink0
  )
  for package in "$folder"/packages/*.deb; do dpkg-deb --extract "$package" "$root"; done
  for name in iptables ip6tables; do ln -s xtables-nft-multi "$root/usr/sbin/$name"; done
fi
libraries=$root/usr/lib/$(uname -m)-linux-gnu
export PATH="$root/usr/bin:$root/usr/sbin:$PATH" LD_LIBRARY_PATH="$libraries" XTABLES_LIBDIR="$libraries/xtables"
# A mount namespace of its own: what it mounts goes with it.
exec unshare --mount --propagation private dockerd --host "unix://$folder/docker.sock" --data-root "$folder/data" \
  --exec-root "$folder/exec" --pidfile "$folder/pid" --iptables=false --ip6tables=false --ip-forward=false --bridge=none \
  --storage-driver overlay2 --log-level warn
