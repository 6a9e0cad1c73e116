#!/bin/sh
# Starts Redis with the users of users.acl. The password of each is in the file redis_<user> of the secrets; only its SHA-256
# goes into the ACL file, which lies in memory. A user without a secret does not exist.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
secrets=${SECRETS:-/run/secrets}
acl=${ACL_FILE:-/run/queueclaw/users.acl}

umask 077
: >"$acl"
while IFS= read -r line; do
  case $line in
    *'#@'*'@ '*)
      user=${line#user }
      user=${user%% *}
      secret=$secrets/redis_$user
      [ -s "$secret" ] || continue
      hash=$(tr -d '\r\n' <"$secret" | sha256sum | cut -d ' ' -f 1)
      printf '%s\n' "${line%%'#@'*}#$hash${line#*"#@$user@"}" >>"$acl"
      ;;
    *) printf '%s\n' "$line" >>"$acl" ;;
  esac
done <"$here/users.acl"

exec redis-server "$here/redis.conf" --dir "${DATA:-/data}" --aclfile "$acl" "$@"
