#!/bin/sh
# Puts uv, the installer, into the lab's folder: its wheel from the package index, checked against the sum in versions.env.
# Needs curl and python3, and of that the standard library alone. One at a time: `flock FILE uv.sh`.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=versions.env
. "$bin/versions.env"
place=$LABOS_HOME/uv
[ -x "$place/uv-$UV_VERSION" ] && exit 0

case $(uname -m) in
    x86_64) wheel=$UV_WHEEL_X86_64 sum=$UV_SHA256_X86_64 ;;
    aarch64 | arm64) wheel=$UV_WHEEL_AARCH64 sum=$UV_SHA256_AARCH64 ;;
    *) echo "no uv for $(uname -m)" >&2 && exit 1 ;;
esac
get() { curl -fsSL --retry 3 --connect-timeout 20 --speed-time 30 --speed-limit 1000 "$@"; }

index=${LABOS_PACKAGE_INDEX:-https://pypi.org/simple}
page=${index%/}/uv/
rm -rf "$place/making"
mkdir -p "$place/making"
get -o "$place/making/page" "$page" || exit 1
url=$(python3 -c '
import html, re, sys, urllib.parse
page, base, wheel = sys.argv[1:]
for href in re.findall("""href=["]([^"]+)["]""", open(page, encoding="utf-8").read()):
    url = urllib.parse.urljoin(base, html.unescape(href)).split("#")[0]
    if url.split("/")[-1] == wheel:
        print(url)
        break
' "$place/making/page" "$page" "$wheel")
[ -n "$url" ] || { echo "$page has no $wheel" >&2 && exit 1; }
get -o "$place/making/$wheel" "$url" || exit 1
echo "$sum  $place/making/$wheel" | sha256sum -c - >/dev/null || exit 1
python3 -m zipfile -e "$place/making/$wheel" "$place/making/out" || exit 1
chmod 755 "$place/making/out/uv-$UV_VERSION.data/scripts/uv"
mv "$place/making/out/uv-$UV_VERSION.data/scripts/uv" "$place/uv-$UV_VERSION"
rm -rf "$place/making"
