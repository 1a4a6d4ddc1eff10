#!/bin/sh
# Fetches the model's files, at the plan's commit, into the hub's own layout on the fast disk: the engine finds them there
# without asking anybody. Goes on where it stopped.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=phase.sh
. "$bin/phase.sh"
# shellcheck source=moving.sh
. "$bin/moving.sh"
# shellcheck source=python.sh
. "$bin/python.sh"
PHASE=weights
TRIES=4
disk=$(readlink "$LABOS_HOME/disk")
venv=$disk/hub-$HF_HUB_VERSION
words=$run/weights.words
repo=$disk/hf/hub/models--$(echo "$LABOS_REPO" | sed 's,/,--,g')
list=$disk/weights.list

# Every file of the list has its size.
is_whole() {
    [ "$(head -n 1 "$list" 2>/dev/null)" = "$LABOS_REPO ${LABOS_REVISION:-main}" ] || return 1
    sed 1d "$list" | while read -r size path; do
        [ "$(stat -L -c %s "$path" 2>/dev/null)" = "$size" ] || exit 1
    done
}

if is_whole; then
    say 'done' text='was there'
    exit 0
fi
say running total="$LABOS_WEIGHTS_BYTES" text="$LABOS_REPO"
get_uv weights.download
if [ ! -e "$venv/installed" ]; then
    supported '' || find_python engine.install
    { "$uv" venv --clear --python "$python" "$venv" &&
        "$uv" pip install --python "$venv/bin/python" "huggingface_hub==$HF_HUB_VERSION" "hf-xet==$HF_XET_VERSION"; } \
        >"$words" 2>&1 || fail weights.download "the hub's own client: $(told_by "$words")"
    : >"$venv/installed"
fi
if [ "$LABOS_WANTS_TOKEN" = yes ] && [ ! -s "$LABOS_HOME/hf-token" ]; then
    say waiting text='for the hub token, which comes over SSH'
    until [ -s "$LABOS_HOME/hf-token" ]; do sleep 1; done
fi

export HF_HOME="$disk/hf" HF_TOKEN_PATH="$LABOS_HOME/hf-token" HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1
export HF_XET_HIGH_PERFORMANCE=1 HF_HUB_DISABLE_PROGRESS_BARS=1
hub=${LABOS_HUB:-https://huggingface.co}
export HF_ENDPOINT="$hub"
echo "${LABOS_WEIGHTS_BYTES:-0}" >"$run/weights.total"
mkdir -p "$repo/blobs"
try=1
until moving "$run/weights.total" "$words" "$repo/blobs" -- \
    "$venv/bin/python" "$bin/hub.py" "$LABOS_REPO" "${LABOS_REVISION:-main}" "$list" "$run/weights.total"; do
    why=$(tail -n 1 "$words")
    [ "$stood" = yes ] && why="no byte for $LABOS_STALL_S s"
    case $status in
        3) fail weights.gated "$why" ;;
        4) fail weights.unknown "$why (asked: $hub)" ;;
        5) fail disk.short "$why" ;;
        6) fail weights.damaged "$why" ;;
    esac
    [ "$bytes" -gt "$before" ] && try=0
    try=$((try + 1))
    if [ "$try" -gt "$TRIES" ]; then
        [ "$stood" = yes ] && fail weights.stall "$why, $TRIES times"
        fail weights.download "$why (asked: $hub)"
    fi
    # The hub's fast way has stood still for others; the plain one goes on where it was.
    export HF_HUB_DISABLE_XET=1
    say waiting text="again after: $why"
    sleep 5
done
say 'done' done="$bytes" total="$(number "$run/weights.total")" text="$LABOS_REPO"
