# Sourced: what the phases say, as lines of phases.ndjson, which the laptop follows. PHASE and LABOS_BOOT are set by whoever
# runs a phase.
# shellcheck shell=sh disable=SC2154

# Exit status of a phase that has said why it failed.
SAID=9

# say STATE [done=BYTES] [total=BYTES] [rate=BYTES] [stall=SECONDS] [cause=CODE] [text=...]: one whole line.
say() {
    line=$(printf '{"t":%s,"boot":%s,"phase":"%s","state":"%s"' "$(now)" "${LABOS_BOOT:-0}" "$PHASE" "$1")
    shift
    for fact in "$@"; do
        value=${fact#*=}
        case ${fact%%=*} in
            text | cause) line="$line,\"${fact%%=*}\":\"$(quoted "$value")\"" ;;
            *) [ -n "$value" ] && line="$line,\"${fact%%=*}\":$value" ;;
        esac
    done
    printf '%s}\n' "$line" >>"$LABOS_HOME/phases.ndjson"
}

# Words of any program as the inside of a JSON string.
quoted() {
    printf '%s' "$1" | tr '\000-\037\177' ' ' | cut -c1-300 | sed 's/[\\"]/\\&/g'
}

# fail CAUSE TEXT: ends the phase.
# A full disk gets room for that line.
fail() {
    rm -f "$LABOS_HOME/reserve"
    say failed cause="$1" text="$2"
    echo "$PHASE failed, $1: $2" >&2
    exit "$SAID"
}
