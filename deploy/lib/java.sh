# shellcheck shell=bash
# Sourced, after packages.sh: a JDK and a Maven that build this project.

JDK_FEATURE=25
# Builds of Quarkus's dev mode ask for Maven 3.9; Debian 12 has 3.8.7, which does for everything else.
MAVEN_FOR_DEV=3.9.16

# jdk_feature HOME: the feature release (25) of the JDK in HOME; fails if there is no JDK, or a JRE only.
jdk_feature() {
    local version
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
    version=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$1/release")
    [ -n "$version" ] || return 1
    printf '%s\n' "$version"
}

# jdk_home: the first new enough JDK of JAVA_HOME, PATH and /usr/lib/jvm.
jdk_home() {
    local home java version
    java=$(command -v java) && java=$(readlink -f "$java")
    for home in "${JAVA_HOME-}" "${java%/bin/java}" /usr/lib/jvm/*; do
        version=$(jdk_feature "$home") || continue
        if [ "$version" -ge "$JDK_FEATURE" ]; then
            printf '%s\n' "$home"
            return 0
        fi
    done
    return 1
}

# require_jdk: exports JAVA_HOME and puts its bin first in PATH; installs Debian's JDK where Debian has one.
require_jdk() {
    local home package=openjdk-$JDK_FEATURE-jdk-headless
    home=$(jdk_home) || {
        if [ "$(id -u)" = 0 ]; then
            apt_has "$package" || apt_quiet update </dev/null >/dev/null 2>&1 || :
            if apt_has "$package"; then
                require_packages "$package" || return 1
            fi
        fi
        home=$(jdk_home) || {
            echo "no JDK $JDK_FEATURE or later: not in JAVA_HOME, PATH or /usr/lib/jvm, and Debian's packages have none" \
                "($package is in Debian 13). Install one, Eclipse Temurin $JDK_FEATURE for instance, and set JAVA_HOME." >&2
            return 1
        }
    }
    export JAVA_HOME=$home PATH="$home/bin:$PATH"
}

# maven_is_new COMMAND: whether it is Maven 3.9 or later.
maven_is_new() {
    local version
    version=$("$1" --version 2>/dev/null | sed -n 's/^[^A]*Apache Maven \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    # shellcheck disable=SC2086
    set -- $version
    [ $# = 2 ] && { [ "$1" -gt 3 ] || { [ "$1" = 3 ] && [ "$2" -ge 9 ]; }; }
}

# maven_for_dev: prints the path of a Maven that Quarkus's dev mode takes: the system's, else one fetched once, through
# the system's Maven, into the user's cache.
maven_for_dev() {
    local cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/tapwright/maven system work
    system=$(command -v mvn) || {
        echo "Maven is not installed (package maven)" >&2
        return 1
    }
    if maven_is_new "$system"; then
        printf '%s\n' "$system"
        return 0
    fi
    if [ ! -x "$cache/apache-maven-$MAVEN_FOR_DEV/bin/mvn" ]; then
        echo "the system's Maven is too old for dev mode; fetching $MAVEN_FOR_DEV" >&2
        mkdir -p "$cache"
        work=$(mktemp -d "$cache/new.XXXXXX")
        "$system" --quiet --batch-mode dependency:copy -DoutputDirectory="$work" \
            -Dartifact="org.apache.maven:apache-maven:$MAVEN_FOR_DEV:tar.gz:bin" >&2 &&
            tar -xzf "$work/apache-maven-$MAVEN_FOR_DEV-bin.tar.gz" -C "$work" &&
            { mv -T "$work/apache-maven-$MAVEN_FOR_DEV" "$cache/apache-maven-$MAVEN_FOR_DEV" 2>/dev/null || :; }
        rm -rf "$work"
        [ -x "$cache/apache-maven-$MAVEN_FOR_DEV/bin/mvn" ] || return 1
    fi
    printf '%s\n' "$cache/apache-maven-$MAVEN_FOR_DEV/bin/mvn"
}

# maven ARGUMENT...: the system's Maven, without colours and without the warnings that a new JDK has about Maven itself.
maven() {
    MAVEN_OPTS="${MAVEN_OPTS-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED" \
        mvn --batch-mode -Dstyle.color=never "$@"
}
