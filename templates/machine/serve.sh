#!/bin/sh
# Starts the engine as a unit of systemd's and waits until it answers.
#   serve.sh start
#   serve.sh set-context TOKENS    shorter requests from now on; starts again
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=phase.sh
. "$bin/phase.sh"
# shellcheck source=planned.sh
. "$bin/planned.sh"
PHASE=serve
disk=$(readlink "$LABOS_HOME/disk")

# Made here, never sent: the laptop reads it over SSH.
write_key() {
    umask 077
    [ -s "$LABOS_HOME/key" ] || printf 'sk-labos-%s\n' "$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')" |
        replace "$LABOS_HOME/key"
    # What the engine keeps lies in the lab's folder: compiled code outlives a disk that is emptied by a stop. So does
    # what one that is killed leaves behind; sockets elsewhere, as their names must be short.
    mkdir -p "$run" "$LABOS_HOME/home/tmp"
    replace "$LABOS_HOME/engine.env" <<ENV
VLLM_API_KEY=$(cat "$LABOS_HOME/key")
HF_HOME=$disk/hf
HF_HUB_OFFLINE=1
VLLM_NO_USAGE_STATS=1
DO_NOT_TRACK=1
HF_HUB_DISABLE_TELEMETRY=1
VLLM_ENGINE_READY_TIMEOUT_S=5400
VLLM_CACHE_ROOT=$LABOS_HOME/home/vllm
TORCHINDUCTOR_CACHE_DIR=$LABOS_HOME/home/inductor
TMPDIR=$LABOS_HOME/home/tmp
VLLM_RPC_BASE_PATH=$run
HOME=$LABOS_HOME/home
${LABOS_GPUS:+CUDA_DEVICE_ORDER=PCI_BUS_ID
CUDA_VISIBLE_DEVICES=$LABOS_GPUS}
PATH=$LABOS_HOME/engine/bin:/usr/local/cuda/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV
    umask 022
}

write_config() {
    planned || fail machine.unknown "no plan for a machine of type ${type:-unknown}"
    tokens=$(number "$LABOS_HOME/context")
    sed "${tokens:+s/^max-model-len:.*/max-model-len: $tokens/}" "$LABOS_HOME/config/$config" |
        replace "$LABOS_HOME/vllm.yaml"
}

# What the engine's unit has said since it was started, without the journal's own words.
journal() {
    scope=--unit
    [ "$LABOS_SCOPE" = system ] || scope=--user-unit
    journalctl "$scope=$unit-engine.service" --since "@$since" -o cat --no-pager 2>/dev/null
}

# The first complaint tells more than the last.
give_up() {
    ctl stop --no-block "$unit-engine.service"
    sleep 1 # its last words are on their way to the journal
    words=$(journal)
    line=$(echo "$words" | grep -m 1 'unrecognized arguments') && fail engine.config "$line"
    line=$(echo "$words" | grep -v 'Engine core initialization failed' |
        grep -m 1 -E 'Error|error:|ERROR|out of memory|Killed|No space') || line=$(echo "$words" | tail -n 1)
    fail engine.exit "${line:-the engine ended without a word}"
}

start() {
    mkdir -p "$LABOS_HOME/home"
    write_key
    write_config
    say running
    since=$(date +%s)
    ctl reset-failed "$unit-engine.service" 2>/dev/null
    ctl restart "$unit-engine.service" || give_up
    waited=0
    until curl -fsS -m 5 -o /dev/null "http://127.0.0.1:$(engine_port)/health" 2>/dev/null; do
        # It is not started again and again before it ever answered: the same would happen.
        [ "$(ctl show -p ActiveState --value "$unit-engine.service")" = active ] || give_up
        sleep 1
        waited=$((waited + 1))
        [ $((waited % 10)) -eq 0 ] && say running text="$waited s"
    done
    # The boot deadline is off.
    sh "$bin/lease.sh" check
    say 'done' text="the engine answers, after $waited s"
}

set_context() {
    case $1 in '' | 0* | *[!0-9]*) echo "usage: $0 set-context TOKENS" >&2 && exit 2 ;; esac
    echo "$1" | replace "$LABOS_HOME/context"
    ctl restart --no-block "$unit-bootstrap.service"
}

case ${1:-} in
    start) start ;;
    set-context) set_context "${2:-}" ;;
    *) echo "usage: $0 start | set-context TOKENS" >&2 && exit 2 ;;
esac
