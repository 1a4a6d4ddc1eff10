# Sourced: what the plan says of the machine that this is.
# shellcheck shell=sh disable=SC2034,SC2154

# Sets type, gpu_count, gpu_mib and config; fails where the plan has no such machine.
planned() {
    type=host
    if [ "$LABOS_PROVIDER" != ssh ]; then
        type=
        try=0
        until type=$(metadata instance-type 2>/dev/null) || [ "$try" -ge 10 ]; do
            try=$((try + 1))
            sleep 1
        done
    fi
    line=$(awk -F '\t' -v type="$type" '$1 == type { print $2, $3, $4; exit }' "$LABOS_HOME/machines.tsv" 2>/dev/null)
    [ -n "$line" ] || return 1
    read -r gpu_count gpu_mib config <<LINE
$line
LINE
}
