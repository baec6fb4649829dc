# shellcheck shell=sh
# What the scripts beside this file share. POSIX sh, sourced: `. "$(dirname "$0")/_env.sh"`.
#
# need_env run|test    makes .venv from the locked versions, or finds that it is there already
# say, die             one line to the person who waits
#
# All that is asked of the machine is sh and Python 3.11 or newer. The environment is made anew only when something that it
# is made from has changed: a stamp in .venv holds a checksum of those files, so a second start costs two `cksum`s.

set -eu

ROOT=$(cd -- "$(dirname -- "$0")/.." && pwd -P)
VENV=$ROOT/.venv
STAMP=$VENV/fedihub.stamp
INSTALL_LOG=$VENV/install.log

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

need_env() {
    wanted="$ROOT $(fingerprint)"
    made=$(cat "$STAMP" 2>/dev/null) || made=
    case $made in
        "$wanted $1" | "$wanted test") return 0 ;; # what the tests need contains what a hub needs
    esac
    find_python
    say "Preparing the Python environment in .venv (once, and after updates) ..."
    make_venv "$made"
    install_locked "$1"
    printf '%s\n' "$wanted $1" >"$STAMP"
}

# Everything that decides what .venv holds.
fingerprint() {
    (cd "$ROOT" && cat pyproject.toml constraints.txt ./*.lock scripts/_env.sh | cksum | tr ' ' -)
}

find_python() {
    PYTHON=${PYTHON:-python3}
    command -v "$PYTHON" >/dev/null || die \
        "FediHub needs Python 3.11 or newer, and there is no '$PYTHON' here." \
        "Install it (Debian, Ubuntu: apt-get install python3 python3-venv) or name one: PYTHON=/path/to/python3.13 $0"
    version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || die "'$PYTHON' does not start."
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die \
        "FediHub needs Python 3.11 or newer; '$PYTHON' is Python $version." \
        "If there is a newer one, name it: PYTHON=/path/to/python3.13 $0"
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || die \
        "Python $version has no 'venv' module, which makes the environment." \
        "Install it: apt-get install python3-venv (Debian, Ubuntu: perhaps python$version-venv)"
}

# A .venv that works here is kept; one that was moved or whose Python is gone is made anew.
make_venv() {
    moved=no
    case $1 in
        "" | "$ROOT "*) ;;
        *) moved=yes ;;
    esac
    rm -f "$STAMP"
    if [ "$moved" = yes ] || ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        "$PYTHON" -m venv --clear "$VENV" || die "Could not make $VENV."
    fi
}

# uv installs in seconds what takes pip a minute; where uv can't be had, pip installs the same versions.
install_locked() (
    : >"$INSTALL_LOG"
    cd "$ROOT"
    hub=.
    [ "$1" = run ] || hub=".[$1]"
    if logged "$VENV/bin/python" -m pip install --require-hashes -r bootstrap.lock &&
        install_all "$hub" "$VENV/bin/python" -m uv pip install --python "$VENV/bin/python" --compile-bytecode; then
        :
    elif ! install_all "$hub" "$VENV/bin/python" -m pip install; then
        tail -n 30 "$INSTALL_LOG" >&2
        die "The environment could not be made (no network?). The whole log is in $INSTALL_LOG"
    fi
)

# The build backend comes first and from its own lock: nothing unlocked is fetched behind our back. The tests get some
# data beside, without what its package depends on.
install_all() {
    hub=$1
    shift
    logged "$@" --require-hashes -r build.lock && logged "$@" --no-build-isolation -e "$hub" -c constraints.txt &&
        { [ "$hub" = . ] || logged "$@" --no-deps --require-hashes -r pasture.lock; }
}

logged() { "$@" >>"$INSTALL_LOG" 2>&1; }
