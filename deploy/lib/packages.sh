# shellcheck shell=bash
# Sourced: Debian packages, as far as they are missing.

# missing_packages NAME...: those of them that are not installed.
missing_packages() {
    local name
    for name; do
        [ "$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$name" 2>/dev/null)" = 'ii ' ] || printf '%s\n' "$name"
    done
}

# apt_quiet ARGUMENT...: apt-get without questions, and without starting what it installs: with SYSTEMD_OFFLINE systemctl
# starts nothing, for the packages' scripts too. A policy-rc.d would do the same, but for the whole machine, and stay
# there if this script were killed.
apt_quiet() {
    DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 NEEDRESTART_SUSPEND=1 \
        apt-get --quiet --quiet --yes --no-install-recommends \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o APT::Get::Upgrade=false "$@"
}

# apt_has NAME: whether apt could install it.
apt_has() {
    apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'
}

# require_packages NAME...: installs those that are missing. The package lists are fetched only if that is needed.
require_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "missing Debian packages: ${missing[*]} (as root: apt-get install ${missing[*]})" >&2
        return 1
    fi
    echo "installing Debian packages: ${missing[*]}"
    {
        apt_quiet update && apt_quiet install "${missing[@]}"
    } </dev/null >"${TMPDIR:-/tmp}/tapwright-apt.$$" 2>&1 || {
        tail -n 20 "${TMPDIR:-/tmp}/tapwright-apt.$$" >&2
        rm -f "${TMPDIR:-/tmp}/tapwright-apt.$$"
        return 1
    }
    rm -f "${TMPDIR:-/tmp}/tapwright-apt.$$"
    # systemd has not been told of the new units.
    [ ! -d /run/systemd/system ] || systemctl daemon-reload || :
}
