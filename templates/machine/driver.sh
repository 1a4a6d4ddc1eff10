#!/bin/sh
# The driver gate: are the GPUs here that the plan counted on, with a driver that the engine can use?
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=phase.sh
. "$bin/phase.sh"
# shellcheck source=planned.sh
. "$bin/planned.sh"
PHASE=driver
TRIES=10
# NVSwitch machines take minutes until their GPUs are joined.
FABRIC_TRIES=150

ask() { nvidia-smi ${LABOS_GPUS:+-i "$LABOS_GPUS"} --query-gpu="$1" --format=csv,noheader,nounits; }

say running
planned || fail machine.unknown "no plan for a machine of type ${type:-unknown}"
command -v nvidia-smi >/dev/null || fail driver.missing 'no nvidia-smi on this machine: NVIDIA driver not installed'

try=0
until found=$(ask memory.total,driver_version,name 2>&1); do
    try=$((try + 1))
    [ "$try" -lt "$TRIES" ] || fail driver.missing "nvidia-smi: $(echo "$found" | head -n 1)"
    sleep 1
done
try=0
while ask fabric.state 2>/dev/null | grep -q 'In Progress' && [ "$try" -lt "$FABRIC_TRIES" ]; do
    [ "$try" -eq 0 ] && say waiting text='the GPUs are being joined by their fabric'
    try=$((try + 1))
    sleep 2
done

count=$(echo "$found" | grep -c ,)
name=$(echo "$found" | sed -n '1s/.*, *//p')
version=$(echo "$found" | sed -n '1s/[^,]*, *\([^,]*\),.*/\1/p')
# What is planned with is what AWS says; nvidia-smi's figure may be some percent less, for what guards against errors takes its part.
least=$(echo "$found" | awk -F, 'NR == 1 || $1 + 0 < least { least = $1 + 0 } END { print int(least * 1.1) }')
[ "$count" -ge "$gpu_count" ] || fail driver.count "planned: $gpu_count GPUs; here: $count ($name)"
[ "$least" -ge "$gpu_mib" ] || fail driver.memory "planned: GPUs of $gpu_mib MiB; here: $name of $((least * 100 / 110)) MiB"
[ "${version%%.*}" -ge "${LABOS_DRIVER_MIN:-0}" ] 2>/dev/null ||
    fail driver.old "NVIDIA driver $version; the engine needs $LABOS_DRIVER_MIN or newer"
say 'done' text="$count x $name, driver $version"
