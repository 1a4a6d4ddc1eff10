#!/bin/sh
# Stands in for NVIDIA's: says what /etc/labos-test/gpu tells it. Lines of that file:
#   driver VERSION
#   gpu MEMORY_MIB NAME      once for each GPU
#   fail STATUS MESSAGE      says that, and ends so
file=/etc/labos-test/gpu
query='' units=MiB header=yes list='' only=''
while [ $# -gt 0 ]; do
    case $1 in
        --query-gpu=*) query=${1#*=} ;;
        --query-gpu) query=$2 && shift ;;
        --format=*) format=${1#*=} ;;
        --format) format=$2 && shift ;;
        -i | --id) only=$2 && shift ;;
        -L | --list-gpus) list=yes ;;
        *) echo "Invalid combination of input arguments. Please run 'nvidia-smi -h' for help." && exit 2 ;;
    esac
    shift
done
case ${format:-} in *nounits*) units='' ;; esac
case ${format:-} in *noheader*) header='' ;; esac
[ -e "$file" ] || { echo 'No devices were found' && exit 6; }

exec awk -v query="$query" -v units="$units" -v header="$header" -v list="$list" -v only="$only" '
function uuid(i) { return sprintf("GPU-1ab05000-0000-4000-8000-%012d", i) }
function mib(n) { return units == "" ? n : n " MiB" }
function value(field, i) {
    if (field == "name" || field == "gpu_name") return name[i]
    if (field == "memory.total" || field == "memory.free") return mib(memory[i])
    if (field == "memory.used") return mib(0)
    if (field == "driver_version") return driver
    if (field == "count") return count
    if (field == "index") return i
    if (field == "compute_cap") return "8.9"
    if (field == "uuid" || field == "gpu_uuid") return uuid(i)
    if (field == "utilization.gpu") return units == "" ? 0 : "0 %"
    bad = field
}
$1 == "driver" { driver = $2 }
$1 == "gpu" { memory[count + 0] = $2; sub(/^gpu +[0-9]+ +/, ""); name[count + 0] = $0; count++ }
$1 == "fail" { status = $2; sub(/^fail +[0-9]+ */, ""); message = $0 }
END {
    if (status) { print message; exit status }
    if (!count) { print "No devices were found"; exit 6 }
    if (list) for (i = 0; i < count; i++) printf "GPU %d: %s (UUID: %s)\n", i, name[i], uuid(i)
    if (list) exit 0
    if (query == "") {
        printf "NVIDIA-SMI %s    Driver Version: %s\n", driver, driver
        for (i = 0; i < count; i++) printf "%d  %s  0MiB / %dMiB\n", i, name[i], memory[i]
        exit 0
    }
    n = split(query, fields, ",")
    if (header) for (f = 1; f <= n; f++) printf "%s%s", fields[f], f < n ? ", " : "\n"
    for (i = 0; i < count; i++) {
        if (only != "" && index("," only ",", "," i ",") == 0) continue
        line = ""
        for (f = 1; f <= n; f++) line = line (f > 1 ? ", " : "") value(fields[f], i)
        if (bad != "") { printf "Field \"%s\" is not a valid field to query.\n", bad; exit 2 }
        print line
    }
}' "$file"
