#!/bin/sh
# What this host is, as lines NAME=VALUE. Reads only. facts.sh FOLDER: labos's folder of the lab, below the home folder.
set -u
say() { printf '%s=%s\n' "$1" "$2"; }
folder=$HOME/$1

say system "$(uname -s)"
say machine "$(uname -m)"
say home "$HOME"
say cpus "$(getconf _NPROCESSORS_ONLN)"
say memory_kb "$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)"
for program in python3 curl flock setsid awk systemctl loginctl journalctl nvidia-smi; do
    command -v "$program" >/dev/null && say has "$program"
done
say python "$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)"

# Where the big things go: this folder, or the nearest above that is there.
place=$folder
while [ ! -d "$place" ]; do place=$(dirname "$place"); done
say disk_kb "$(df -Pk "$place" | awk 'NR == 2 { print $4 }')"
[ -w "$place" ] && say writable yes
[ -d "$folder" ] && say folder yes
say lab "$(sed -n "s/^LABOS_LAB='\(.*\)'\$/\1/p" "$folder/lab.env" 2>/dev/null)"

# The user's own systemd; in a session without a seat it is found by this.
XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
export XDG_RUNTIME_DIR
if systemctl --user show-environment >/dev/null 2>&1; then say units yes; fi
say linger "$(loginctl show-user "$(id -un)" -p Linger --value 2>/dev/null)"

if found=$(nvidia-smi --query-gpu=index,memory.total,memory.used,driver_version,compute_cap,name \
    --format=csv,noheader,nounits 2>&1); then
    echo "$found" | while read -r line; do say gpu "$line"; done
else
    say gpu_trouble "$(echo "$found" | head -n 1)"
fi
# Who listens: ports in hexadecimal, in the state 0A.
awk '$4 == "0A" { n = split($2, at, ":"); print at[n] }' /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    sort -u | while read -r port; do say listens "$port"; done
# Other labs of this user: their ports are taken though nobody may listen just now.
for other in "${folder%/*}"/*/config/host.yaml; do
    if [ ! -e "$other" ] || [ "$other" = "$folder/config/host.yaml" ]; then continue; fi
    name=${other%/config/host.yaml}
    say other_lab "$(sed -n 's/^port: *\([0-9]*\).*/\1/p' "$other") ${name##*/}"
done
say complete yes
