#!/bin/sh
# Chooses where the big things go, the engine and the weights: the machine's own fast disk where there is one, else the lab's
# folder; and makes sure that they fit. Leaves the choice as the link `disk`. Exit 3: no room, and the words say how little.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
ENGINE_MB=15000
SPARE_MB=5000
needed_mb=$((ENGINE_MB + ${LABOS_WEIGHTS_BYTES:-0} * 105 / 100000000 + SPARE_MB))

# Megabytes for us in a folder: free ones, and those that are ours already.
room_mb() {
    free=$(df -Pk "${1%/*}" 2>/dev/null | awk 'NR == 2 { print int($4 * 1.024 / 1000) }')
    ours=$(du -skc "$1" 2>/dev/null | awk 'END { print int($1 * 1.024 / 1000) }')
    echo $((${free:-0} + ${ours:-0}))
}

most_mb=0
for place in "$(readlink "$LABOS_HOME/disk" 2>/dev/null)" "$root/opt/dlami/nvme/$unit" "$LABOS_HOME/data"; do
    # A disk that was emptied by a stop has no folder of ours, and is chosen like a new one.
    if [ -z "$place" ] || [ ! -w "${place%/*}" ]; then continue; fi
    has_mb=$(room_mb "$place")
    [ "$has_mb" -gt "$most_mb" ] && most_mb=$has_mb
    [ "$has_mb" -ge "$needed_mb" ] || continue
    mkdir -p "$place" && ln -sfn "$place" "$LABOS_HOME/disk" && exit 0
done
echo "engine and weights need $((needed_mb / 1000)) GB of disk, and there is room for $((most_mb / 1000)) GB"
exit 3
