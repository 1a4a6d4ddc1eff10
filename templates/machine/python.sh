# Sourced by the phases that install: uv, and a Python to install for.
# shellcheck shell=sh disable=SC2034,SC2154
# shellcheck source=versions.env
. "$bin/versions.env"
uv=$LABOS_HOME/uv/uv-$UV_VERSION
# What is run here leaves nothing outside the lab's folders, and heeds no settings of the user's.
export HOME="$LABOS_HOME/home" UV_NO_CONFIG=1 UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV
[ -n "$LABOS_PACKAGE_INDEX" ] && export UV_DEFAULT_INDEX="$LABOS_PACKAGE_INDEX"

# get_uv CAUSE: both downloads need it, and the first one gets it.
get_uv() {
    mkdir -p "$HOME" "$disk/uv-cache" "$run"
    export UV_CACHE_DIR="$disk/uv-cache" UV_PYTHON_INSTALL_DIR="$disk/python"
    command -v python3 >/dev/null || fail python.missing 'no python3 on this machine'
    command -v curl >/dev/null || fail curl.missing 'no curl on this machine'
    flock "$LABOS_HOME/uv.lock" sh "$bin/uv.sh" >"$words" 2>&1 || fail "$1" "uv: $(tail -n 1 "$words")"
}

# A Python of the system that the engine runs on: `has 'CODE'` is true of it.
supported() {
    for name in python3.12 python3.13 python3.11 python3; do
        python=$(command -v "$name") || continue
        "$python" -c "import sys, sysconfig, os
assert (3, 11) <= sys.version_info < (3, 14)
$1" 2>/dev/null && return 0
    done
    python=
    return 1
}

# The engine compiles parts of itself as it runs, with a C compiler and Python's header files: a Python that has these, else
# one that uv fetches, else any. `lacks` says what is missing then.
find_python() {
    lacks=
    headers="assert os.path.exists(os.path.join(sysconfig.get_paths()['include'], 'Python.h'))"
    if ! command -v gcc >/dev/null && ! command -v cc >/dev/null; then
        lacks='no C compiler here: it goes on without what needs one'
        supported '' && return 0
    fi
    supported "$headers" && return 0
    if UV_PYTHON_DOWNLOADS=manual "$uv" python install 3.12 >"$words" 2>&1; then
        python=$("$uv" python find --managed-python 3.12)
        return 0
    fi
    : "${lacks:=no header files of Python here: parts of the engine that need them will fail}"
    supported '' || fail "$1" "no Python 3.11 to 3.13 here, and none could be fetched: $(told_by "$words")"
}

# What says most of a program's words: its first complaint, with the lines that tell why where that ends in a colon.
told_by() {
    awk '
        said != "" { sub(/^[^[:alnum:]]+/, ""); said = said " " $0; if (++more == 4) exit; next }
        /[^[:space:]]/ { last = $0 }
        tolower($0) ~ /error|failed|cannot|no solution|space left/ { said = $0; if (said !~ /:[[:space:]]*$/) exit }
        END { if (said == "") said = last; sub(/^[[:space:]]+/, "", said); sub(/[[:space:]]+$/, "", said); print said }
    ' "$1"
}
