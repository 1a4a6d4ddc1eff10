#!/bin/sh
# Makes the machine a laboratory, at each boot: the driver gate, the engine and the weights side by side, then serving. What
# is there already is found, not made again. The first failure ends it all; what then becomes of the machine is the lease's.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=phase.sh
. "$bin/phase.sh"
export LABOS_BOOT=$(($(number "$LABOS_HOME/boots") + 1))
echo "$LABOS_BOOT" | replace "$LABOS_HOME/boots"
phases=$LABOS_HOME/phases.ndjson
mkdir -p "$run"
# A line that a lost power supply cut off must not spoil the next one.
if [ -s "$phases" ] && [ -n "$(tail -c 1 "$phases")" ]; then echo >>"$phases"; fi
# Given up when the disk is full, so that this can be said.
[ -e "$LABOS_HOME/reserve" ] || head -c 1000000 /dev/zero | replace "$LABOS_HOME/reserve"

# A phase that ended without a word of its own, killed or by a fault of ours.
explain() {
    PHASE=$1
    case $2 in
        "$SAID" | 143) return 0 ;;
    esac
    case $1 in
        driver) cause=driver.missing ;;
        weights) cause=weights.download ;;
        engine) cause=engine.install ;;
        *) cause=engine.exit ;;
    esac
    (fail "$cause" "$1.sh ended with status $2")
}

PHASE=weights
text=$(sh "$bin/disk.sh") || fail disk.short "$text"

running=
for name in driver engine weights; do
    setsid sh "$bin/$name.sh" &
    running="$running $name:$!"
done
# Ends the ones that still run, and all that they started.
trap 'for one in $running; do kill -TERM "-${one#*:}" 2>/dev/null; done; exit 143' TERM
while [ -n "$running" ]; do
    sleep 0.5
    left=
    for one in $running; do
        if kill -0 "${one#*:}" 2>/dev/null; then
            left="$left $one"
            continue
        fi
        wait "${one#*:}"
        status=$?
        [ "$status" -eq 0 ] && continue
        explain "${one%:*}" "$status"
        for other in $running; do kill -TERM "-${other#*:}" 2>/dev/null; done
        wait
        exit 1
    done
    running=$left
done

sh "$bin/serve.sh" start
status=$?
[ "$status" -eq 0 ] || explain serve "$status"
exit "$status"
