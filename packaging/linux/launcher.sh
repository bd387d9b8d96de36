#!/bin/sh
# Starts MaGA Desk. First it looks at what would otherwise end in the loader's words: the machine, its C library, and
# whether the parts that start everything else are there. What is inside is looked at by the program itself.
fail() {
    echo "maga-desk: $1" >&2
    exit 2
}

self=$(readlink -f -- "$0" 2>/dev/null) || self=$0
here=${self%/*}

[ "$(uname -m)" = "@MACHINE@" ] || fail "this bundle is for @MACHINE@; this machine is $(uname -m)"

have=$(getconf GNU_LIBC_VERSION 2>/dev/null)
have=${have#glibc }
[ -n "$have" ] || fail "this bundle needs glibc @GLIBC@ or newer; this system has another C library"
need=@GLIBC@
if [ "${have%%.*}" -lt "${need%%.*}" ] || { [ "${have%%.*}" -eq "${need%%.*}" ] && [ "${have#*.}" -lt "${need#*.}" ]; }; then
    fail "this bundle needs glibc @GLIBC@ or newer; this system has glibc $have: a newer release of the system is needed"
fi

for part in maga-desk.bin _internal/base_library.zip _internal/contents.txt; do
    [ -f "$here/$part" ] || fail "this copy is not whole: $part is missing in $here; unpack or install it again"
done
for part in "$here"/_internal/libpython3*.so*; do
    [ -f "$part" ] || fail "this copy is not whole: _internal/libpython3 is missing in $here; unpack or install it again"
done

exec "$here/maga-desk.bin" "$@"
