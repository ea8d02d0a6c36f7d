#!/bin/sh
# Runs in the service "secrets" of compose.yaml as root: writes the file for coturn, and the admin token for
# Prometheus. Each belongs to the user of the service that reads it, 65534, which exists in every image. Gives the
# volume of the server to the server.
set -eu
umask 077

# Replaces /secrets/$1 by standard input, all at once.
write() {
  rm -f "/secrets/$1.new"
  cat > "/secrets/$1.new"
  chown 65534:65534 "/secrets/$1.new"
  mv "/secrets/$1.new" "/secrets/$1"
}

config=$(buddy-server turn-config --external-ip="$PUBLIC_IP" --relay-ports="$RELAY_PORTS")
# coturn runs as that user from its start, so it must not change to another one.
printf '%s\n' "$config" | sed '/^proc-/d' | write coturn/turnserver.conf
printf %s "$ADMIN_TOKEN" | write prometheus/admin-token
# A new volume belongs to root. The image of the server runs as this user.
chown 10001:10001 /data
chmod 700 /data
