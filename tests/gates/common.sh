# SPDX-License-Identifier: BSD-3-Clause
#
# What the gates share. A gate checks one thing about the whole project, prints each violation on a line
# of its own, and exits 0 (all is well), 1 (it is not) or 77 (a tool is missing, or there is nothing to
# look at). Run by hand, it expects the build directory as the current one.

LC_ALL=C
export LC_ALL

if [ -z "${top_srcdir-}" ]; then
    if [ -f tests/environment ]; then
        . ./tests/environment
    else
        top_srcdir=$(cd "$(dirname "$0")/../.." && pwd)
        top_builddir=$top_srcdir
    fi
fi

gate=${0##*/}
violations=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/hence-$gate.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

complain() {
    echo "$gate: $*"
    violations=$((violations + 1))
}

need() {
    for tool in "$@"; do
        command -v "${tool%% *}" >/dev/null 2>&1 || {
            echo "$gate: skipped: $tool is not installed"
            exit 77
        }
    done
}

verdict() {
    [ "$violations" -eq 0 ] || exit 1
    echo "$gate: ${1:-ok}"
    exit 0
}

# The project's own files, one a line, relative to top_srcdir: of a checkout those that git does not
# ignore, of an unpacked release everything.
project_files() {
    (
        cd "$top_srcdir"
        if [ -e .git ] && git ls-files >/dev/null 2>&1; then
            git ls-files --cached --others --exclude-standard | while read -r file; do
                [ ! -f "$file" ] || echo "$file"
            done
        else
            find . \( -name build -o -name 'build-*' ! -name build-aux -o -name autom4te.cache -o -name .git \) -type d -prune -o \
                -type f ! -name '*~' -print | sed 's,^\./,,'
        fi
    )
}
