#!/bin/sh
# Runs in the service "secrets" of compose.yaml as root: writes the file for coturn, the admin token and the list of
# servers for Prometheus, and the password of Redis. Each belongs to the user of the service that reads it: 65534,
# which exists in every image, or 999, the user of Redis. Gives the volumes of the servers to the servers.
set -eu
umask 077

# Replaces /secrets/$1 by standard input, all at once. The user and group of the file are $2, or 65534.
write() {
  rm -f "/secrets/$1.new"
  cat > "/secrets/$1.new"
  chown "${2:-65534:65534}" "/secrets/$1.new"
  mv "/secrets/$1.new" "/secrets/$1"
}

config=$(buddy-server turn-config --external-ip="$PUBLIC_IP" --relay-ports="$RELAY_PORTS")
# coturn runs as that user from its start, so it must not change to another one.
printf '%s\n' "$config" | sed '/^proc-/d' | write coturn/turnserver.conf
printf %s "$ADMIN_TOKEN" | write prometheus/admin-token
# "a:3000 b:3000" becomes [{"targets":["a:3000","b:3000"]}].
# shellcheck disable=SC2086 -- the names are separated by spaces
targets=$(printf ',"%s"' $NODES)
printf '[{"targets":[%s]}]\n' "${targets#,}" | write prometheus/nodes.json
printf 'requirepass "%s"\n' "$REDIS_PASSWORD" | write redis/password.conf 999:1000
# A new volume belongs to root. The image of the server runs as this user.
for folder in /data /data-2 /data-3; do
  chown 10001:10001 "$folder"
  chmod 700 "$folder"
done
