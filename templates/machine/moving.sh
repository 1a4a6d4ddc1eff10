# Sourced by the phases that download: runs a program, says how its bytes move, and ends it when they do not.
# shellcheck shell=sh disable=SC2154,SC2034

# Seconds between two looks.
LOOK_S=2
# Without a byte for so long, a download is started again.
: "${LABOS_STALL_S:=60}"

# Bytes that files take, what is hard-linked counted once; sparse files by what is there.
bytes_in() {
    kib=$(du -skc "$@" 2>/dev/null | tail -n 1 | cut -f 1)
    echo $((${kib:-0} * 1024))
}

# moving TOTAL FILE FOLDERS -- PROGRAM...: runs it to its end; FILE takes its words. TOTAL: bytes to come; empty, or a file that
# will say them. Leaves `status`, the program's; `stood`, yes when it was ended for standing still; `before` and `bytes`, what
# was there at the start and at the end.
moving() {
    of=$1 words=$2 folders=$3
    shift 4
    child=''
    trap '[ -z "$child" ] || kill -TERM "-$child" 2>/dev/null; exit 143' TERM
    setsid "$@" >"$words" 2>&1 &
    child=$!
    # shellcheck disable=SC2086
    before=$(bytes_in $folders)
    bytes=$before rate=0 stall=0 stood=
    while kill -0 "$child" 2>/dev/null; do
        sleep "$LOOK_S"
        # shellcheck disable=SC2086
        seen=$(bytes_in $folders)
        if [ "$seen" -gt "$bytes" ]; then
            rate=$(((rate * 3 + (seen - bytes) / LOOK_S) / 4)) stall=0
        else
            rate=$((rate * 3 / 4)) stall=$((stall + LOOK_S))
        fi
        bytes=$seen
        [ $((stall % 10)) -lt "$LOOK_S" ] && say_moving
        if [ "$stall" -ge "$LABOS_STALL_S" ]; then
            kill -KILL "-$child" 2>/dev/null
            stood=yes
        fi
    done
    wait "$child"
    status=$?
    trap - TERM
    # shellcheck disable=SC2086
    bytes=$(bytes_in $folders)
    tail -n 20 "$words"
    return "$status"
}

say_moving() {
    total=$of
    [ -f "$of" ] && total=$(number "$of")
    done=$bytes
    # Blocks are more than bytes.
    [ -n "$total" ] && [ "$done" -gt "$total" ] && done=$total
    say running done="$done" total="$total" rate="$rate" stall="$stall"
}
