#!/bin/sh
# Writes .env for compose.yaml, with new secrets. Refuses to replace a file that exists.
#   ./new-env.sh chat.example.org 203.0.113.10 [self,https://www.example.org]
set -eu
cd "$(dirname "$0")"
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "usage: $0 <public name of this machine> <its public IPv4 address> [origins of your pages, separated by commas]" >&2
  exit 1
fi
if [ -e .env ]; then
  echo "$PWD/.env exists. Edit it, or delete it first: new secrets end all sessions." >&2
  exit 1
fi
# sed below would take some characters of these values for its own.
for value in "$@"; do
  case $value in
    *[!A-Za-z0-9.,:/*_-]* | '')
      echo "'$value' has a character that neither a name, an address nor an origin has" >&2
      exit 1
      ;;
  esac
done

secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
umask 077
redis_password=$(secret)
sed -e "s|^BUDDY_HOST=.*|BUDDY_HOST=$1|" \
  -e "s|^PUBLIC_IP=.*|PUBLIC_IP=$2|" \
  -e "s|^ALLOWED_ORIGINS=.*|ALLOWED_ORIGINS=${3:-self}|" \
  -e "s|^SECRET_KEY=.*|SECRET_KEY=$(secret)|" \
  -e "s|^ADMIN_TOKEN=.*|ADMIN_TOKEN=$(secret)|" \
  -e "s|^TURN_SECRET=.*|TURN_SECRET=$(secret)|" \
  -e "s|^REDIS_PASSWORD=.*|REDIS_PASSWORD=$redis_password|" \
  -e "s|password-of-redis|$redis_password|" \
  -e "s|^GRAFANA_PASSWORD=.*|GRAFANA_PASSWORD=$(secret)|" \
  .env.example > .env
echo "$PWD/.env is written, with new secrets. Start everything with: docker compose up --detach"
