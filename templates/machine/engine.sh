#!/bin/sh
# Installs the engine: the pinned vLLM in a virtual environment of its own on the fast disk. `engine` in the lab's folder
# leads to it. Whole only with its mark; what is half made is made on.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=phase.sh
. "$bin/phase.sh"
# shellcheck source=moving.sh
. "$bin/moving.sh"
# shellcheck source=python.sh
. "$bin/python.sh"
PHASE=engine
TRIES=4
disk=$(readlink "$LABOS_HOME/disk")
venv=$disk/engine-$LABOS_ENGINE_VERSION
words=$run/engine.words
ln -sfn "$venv" "$LABOS_HOME/engine"
if [ -e "$venv/installed" ] && "$venv/bin/python" -c '' 2>/dev/null; then
    say 'done' text='was there'
    exit 0
fi

say running text="vLLM $LABOS_ENGINE_VERSION"
get_uv engine.download
if ! "$venv/bin/python" -c '' 2>/dev/null; then
    find_python engine.install
    [ -n "$lacks" ] && say running text="$lacks"
    "$uv" venv --clear --python "$python" "$venv" >"$words" 2>&1 || fail engine.install "$(told_by "$words")"
fi

# Compiled now, beside the weights, and not at the first start by each of the engine's processes.
export UV_COMPILE_BYTECODE="${UV_COMPILE_BYTECODE:-1}" UV_HTTP_TIMEOUT=30
try=1
until moving '' "$words" "$disk/uv-cache $venv" -- \
    "$uv" pip install --python "$venv/bin/python" "vllm==$LABOS_ENGINE_VERSION"; do
    why=$(told_by "$words")
    [ "$stood" = yes ] && why="no byte for $LABOS_STALL_S s"
    case $(cat "$words") in
        *'No space left'* | *'os error 28'*) fail disk.short "$why" ;;
        *'No solution found'* | *'not found in the package registry'*) fail engine.install "$why" ;;
    esac
    # As long as bytes come, the network is slow, not gone: the boot deadline ends that.
    [ "$bytes" -gt "$before" ] && try=0
    try=$((try + 1))
    [ "$try" -le "$TRIES" ] || fail engine.download "$why"
    say waiting text="again after: $why"
    sleep 5
done
: >"$venv/installed"
say 'done' done="$bytes" text="vLLM $LABOS_ENGINE_VERSION"
