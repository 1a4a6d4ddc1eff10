#!/bin/sh
# Walks through labos on the cloud of the tests: start `npm run cloud` in another shell, paste its lines into this one, and
# run this. Nothing is rented: it refuses to ask anything but this computer. Records go into a folder of their own.
# LABOS is the program to show; by default the one that `npm ci` has built here.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

case ${AWS_ENDPOINT_URL:-} in
  http://127.0.0.1:*) ;;
  *)
    echo "This shell does not use the test cloud. Start it with 'npm run cloud', and paste its lines here." >&2
    exit 2
    ;;
esac

LABOS_HOME=$(mktemp -d)
# What is installed once stays for the next time.
LABOS_CACHE=${LABOS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labos}
export LABOS_HOME LABOS_CACHE

labos() {
  printf '\n$ labos %s\n' "$*"
  if [ -n "${LABOS:-}" ]; then "$LABOS" "$@"; else node "$root/bin/run.cjs" "$@"; fi
}

is_up=no
finish() {
  status=$?
  trap - EXIT
  # The cloud forgets all when it ends, but while it runs a machine stays one.
  if [ "$is_up" = yes ]; then labos down --ignore-not-found || status=$?; fi
  rm -rf "$LABOS_HOME"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

labos plan deepseek-coder-v2 --check
is_up=yes
labos up deepseek-coder-v2 --until machine --yes
labos ps
labos status
labos cost
labos down
is_up=no
labos ps
