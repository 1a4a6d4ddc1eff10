#!/bin/sh
# Takes everything of the lab from the machine again, and looks that it is gone: prints what is left, one thing a line, and
# exits 1 then.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# Another lab of the same user here: what both use stays, and is that one's to take back.
find_heir() {
    for heir in "${LABOS_HOME%/*}"/*; do
        [ "$heir" != "$LABOS_HOME" ] && [ -e "$heir/bin/lease.sh" ] && return 0
    done
    heir=
}

# Read to its end before this file goes too.
remove() {
    # What looks at the lease starts the timer of its end again: that one goes last.
    for name in lease.timer lease.service arm.service bootstrap.service engine.service end.timer; do
        ctl stop "$unit-$name" 2>/dev/null
    done
    data=$(readlink "$LABOS_HOME/disk" 2>/dev/null)
    folders=$(sort -r "$LABOS_HOME/folders" 2>/dev/null)
    for name in bootstrap engine arm lease end; do
        for file in "$units/$unit-$name.service" "$units"/*.wants/"$unit-$name.service" \
            "$passing/$unit-$name.service" "$passing/$unit-$name.timer"; do
            # With what an interrupted write has left.
            rm -f "$file" "$file".[0-9]*
        done
    done
    ctl daemon-reload
    for name in bootstrap engine arm lease end; do ctl reset-failed "$unit-$name.service" 2>/dev/null; done
    find_heir
    if [ -e "$LABOS_HOME/linger" ]; then
        if [ -n "$heir" ]; then : >"$heir/linger"; else loginctl disable-linger "$(id -un)"; fi
    fi
    case $data in */"$unit") rm -rf "$data" ;; esac
    # A folder is ours only if it holds our scripts.
    [ -e "$LABOS_HOME/bin/lease.sh" ] && rm -rf "$LABOS_HOME"
    rm -rf "$run"
    # Those that others use by now stay. The innermost first.
    rmdir "${LABOS_HOME%/*}" 2>/dev/null
    echo "$folders" | while read -r folder; do
        rmdir "$folder" 2>/dev/null || [ -z "$heir" ] || [ ! -d "$folder" ] || echo "$folder" >>"$heir/folders"
    done
    left=$(
        # By their names: `labos-one-*` are also those of a lab that is called `one-2`.
        for name in bootstrap.service engine.service arm.service lease.service lease.timer end.service end.timer; do
            ctl list-units --all --plain --no-legend "$unit-$name" 2>/dev/null | awk '{ print "unit " $1 }'
            for path in "$units/$unit-$name" "$units"/*.wants/"$unit-$name" "$passing/$unit-$name" \
                "$units/$unit-$name".[0-9]* "$passing/$unit-$name".[0-9]*; do
                # A link is one that leads nowhere, too.
                { [ -e "$path" ] || [ -L "$path" ]; } && echo "$path"
            done
        done
        for path in "$LABOS_HOME" "$run"; do [ -e "$path" ] && echo "$path"; done
        case $data in */"$unit") [ -e "$data" ] && echo "$data" ;; esac
    )
    [ -z "$left" ] || { echo "$left" && exit 1; }
    exit 0
}
remove
