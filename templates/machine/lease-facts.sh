# Sourced by lease.sh: what the cloud says of the machine, and what the engine's counters say.
# shellcheck shell=sh disable=SC2154,SC2034

is_rented() { [ "$LABOS_PROVIDER" != ssh ] && [ "$LABOS_ON_END" = poweroff ]; }

# The deadline of the machine's tag, and the notice that a spot machine gets some two minutes before it is taken away.
# Nothing changes where the cloud does not say, or says what is no time.
follow_cloud() {
    told=$(metadata tags/instance/labos:expires-at 2>/dev/null | seconds_of) && keep_deadline "$told"
    taken=$(metadata spot/instance-action 2>/dev/null | sed -n 's/.*"time" *: *"\([^"]*\)".*/\1/p' | seconds_of) &&
        echo "$taken" | replace "$run/interrupt"
    return 0
}

# Of the ISO time that it reads: `date` takes nothing at all for a time too, today's midnight.
seconds_of() {
    read -r iso || [ -n "$iso" ] || return 1
    case $iso in
        [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:*) date -u -d "$iso" +%s 2>/dev/null ;;
        *) return 1 ;;
    esac
}

# "BUSY TOKENS" of the engine's counters, or nothing. Asking moves none of them.
sample() {
    curl -fsS -m 5 "http://127.0.0.1:$(engine_port)/metrics" 2>/dev/null | awk '
        /^vllm:(num_requests_running|num_requests_waiting|prompt_tokens_total|generation_tokens_total)[{ ]/ {
            value = $0
            sub(/^[^{ ]*([{].*[}])? */, "", value)
            if (value !~ /^[0-9][0-9.]*([eE][+]?[0-9]+)?( |$)/) next
            seen = 1
            if ($0 ~ /^vllm:num/) busy += value
            else tokens += value
        }
        END { if (seen) printf "%.0f %.0f\n", busy, tokens }'
}

# `served`: when the engine first answered in this boot; `idle_since`: since when nobody asked it anything.
look() {
    served=$(number "$run/served") idle_since=''
    if [ -z "$served" ] && [ -e "$LABOS_HOME/vllm.yaml" ] &&
        curl -fsS -m 5 -o /dev/null "http://127.0.0.1:$(engine_port)/health" 2>/dev/null; then
        served=$t
        echo "$t" | replace "$run/served"
    fi
    [ -n "$served" ] || return 0
    idle_since=$(number "$run/idle")
    : "${idle_since:=$served}"
    # An engine that does not answer serves nobody either: the idle time runs on.
    counted=$(sample)
    [ -n "$counted" ] && count "${counted% *}" "${counted#* }"
    [ "$idle_since" -gt "$t" ] && idle_since=$t
    echo "$idle_since" | replace "$run/idle"
}

# An engine that was started again counts from nothing: that alone is no use of it.
count() {
    before=$(number "$run/tokens")
    if [ "$1" -gt 0 ] || { [ -n "$before" ] && [ "$2" -ne "$before" ] && [ "$2" -gt 0 ]; }; then idle_since=$t; fi
    echo "$2" | replace "$run/tokens"
}
