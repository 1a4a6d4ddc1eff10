#!/bin/sh
# Removes what runs of test hosts have made on this computer: processes, mounts, networks, control groups, folders.
#   sweep.sh RUN          of that run
#   sweep.sh watch RUN    the same when standard input ends, which it does even for a parent that is killed
#   sweep.sh dead         of every run whose owner lives no more
set -u
home=/var/tmp/labos-hosts
groups=/sys/fs/cgroup

# The control groups of a run, in whatever hierarchies there are; the deepest first.
groups_of() {
    find "$groups" -mindepth 1 -maxdepth 2 -type d -name "labos-hosts-$1" 2>/dev/null | while read -r top; do
        find "$top" -depth -type d
    done
}

end_processes() {
    for _ in $(seq 100); do
        pids=$(groups_of "$1" | while read -r group; do cat "$group/cgroup.procs" 2>/dev/null; done | sort -un)
        [ -z "$pids" ] && return
        for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
        sleep 0.1
    done
}

sweep() {
    end_processes "$1"
    awk -v under="$home/$1/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r place; do
        umount "$place" 2>/dev/null || umount -l "$place"
    done
    ip netns list | awk -v prefix="labos-$1-" 'index($1, prefix) == 1 { print $1 }' | while read -r name; do
        ip netns del "$name"
    done
    ip link del "labos-$1" 2>/dev/null # goes with the router, but not in the same moment
    number=${1#0}
    ip route del unreachable "198.19.${number#0}.0/24" metric 4096 2>/dev/null
    groups_of "$1" | while read -r group; do rmdir "$group"; done
    rm -rf "/run/systemd/nspawn/propagate/labos-$1-"* "/run/systemd/nspawn/unix-export/labos-$1-"*
    rm -rf --one-file-system "${home:?}/$1"
}

# Whether the process that the file names, by pid and start time, still runs.
lives() {
    read -r pid started <"$1/owner" 2>/dev/null || return 1
    set -- "$started" "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)"
    # shellcheck disable=SC2086 # the fields, one by one
    set -- "$1" $2
    [ "${2:-Z}" != Z ] && [ "${21:-}" = "$1" ]
}

case ${1:-} in
    watch)
        cat >/dev/null
        sweep "$2"
        ;;
    dead)
        for run in "$home"/[0-9][0-9][0-9]; do
            [ -d "$run" ] || continue
            lives "$run" || sweep "${run##*/}"
        done
        find "$home" -mindepth 1 -maxdepth 1 -name 'new-*' -mmin +10 -exec rm -rf {} + 2>/dev/null
        ;;
    [0-9][0-9][0-9]) sweep "$1" ;;
    *) echo "usage: $0 RUN | watch RUN | dead" >&2 && exit 2 ;;
esac
