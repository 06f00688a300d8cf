#!/bin/bash
# run.sh [PROGRAM] [FOLDER]: the example Generate as a container without anything runs it, and with one more thing
# missing each time. Needs root, debootstrap, and a network for its first call; docs/embedding.md has what it prints.
#
# PROGRAM  holds langevin-examples.jar and lib/: java/examples/target after `mvn package`
# FOLDER   where the Debian system is made, and found again: target/chroot
#
# The system is Debian's smallest with a Java run time of the modules that the engine reads (jlink). The program runs as
# uid 65534 with a home that is read-only, in the locale C. A case passes where it makes its picture, or where it ends
# with a code other than 0 and one line in which the remedy stands.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
program="$(readlink -f "${1:-$root/java/examples/target}")"
system="$(mkdir -p "${2:-$root/target/chroot}" && readlink -f "${2:-$root/target/chroot}")"
model="$root/java/cli/src/main/resources/dev/langevin/cli/emoji"
libraries="$system/usr/lib/x86_64-linux-gnu"
modules=java.base,java.desktop,java.logging,java.net.http,jdk.jfr,jdk.management,jdk.unsupported
suite="${LANGEVIN_DEBIAN:-bookworm}"
failed=0

[ "$(id -u)" = 0 ] || { echo "run.sh: needs root, for chroot and mount; this is uid $(id -u)" >&2; exit 1; }
[ -f "$program/langevin-examples.jar" ] || { echo "run.sh: $program has no langevin-examples.jar; mvn package makes it" >&2; exit 1; }
[ -x "$system/bin/sh" ] || debootstrap --variant=minbase "$suite" "$system"
if [ ! -x "$system/opt/java/bin/java" ]; then
  "${JAVA_HOME:?names a JDK of 25 or newer}/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages \
    --output "$system/opt/java"
fi
rm -rf "$system/opt/program" "$system/opt/emoji"
rm -rf "$system/out"
mkdir -p "$system/opt/program/lib" "$system/home/nobody" "$system/out" "$system/hidden"
cp "$program/langevin-examples.jar" "$system/opt/program"
cp "$program"/lib/*.jar "$system/opt/program/lib"
cp -r "$model" "$system/opt/emoji"
chown 65534 "$system/out"
# The JVM takes the home of a user from there.
sed -i 's#^nobody:.*#nobody:x:65534:65534:nobody:/home/nobody:/usr/sbin/nologin#' "$system/etc/passwd"
chmod 555 "$system/home/nobody"

# In namespaces of its own: its mounts end with it. Reads CASE's settings from the environment.
inside() {
  [ -z "${QUOTA:-}" ] || echo 0 > "$QUOTA/cgroup.procs"
  mount -t proc proc "$system/proc"
  mount --rbind /sys "$system/sys"
  mount -t tmpfs -o "${TMP_OPTIONS:-mode=1777}" tmpfs "$system/tmp"
  exec chroot --userspec=65534:65534 "$system" /usr/bin/env -i HOME=/home/nobody LANG=C PATH=/usr/bin:/bin \
    timeout 900 /opt/java/bin/java --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true ${OPTIONS:-} \
    -cp "/opt/program/langevin-examples.jar:/opt/program/lib/*" dev.langevin.examples.Generate /opt/emoji "a red apple" "${OUT:-/out/apple.png}"
}
export -f inside
export system

# A control group with the quota of one processor, in either version of control groups.
quota() {
  local at=/sys/fs/cgroup
  if [ -f "$at/cgroup.controllers" ]; then
    QUOTA="$at/langevin-$$" && mkdir "$QUOTA" && echo "100000 100000" > "$QUOTA/cpu.max"
  else
    QUOTA="$at/cpu/langevin-$$" && mkdir "$QUOTA" && echo 100000 > "$QUOTA/cpu.cfs_quota_us"
  fi
  trap 'rmdir "$QUOTA"' EXIT
}

# case_of NAME EXPECTED [SAID]: EXPECTED is `picture`, or a part of the one sentence; SAID stands in the output too.
case_of() {
  local name="$1" expected="$2" must="${3:-}" said code=0 result
  rm -f "$system/out/apple.png"
  [ -z "${WITHOUT:-}" ] || mv "$libraries"/$WITHOUT "$system/hidden"
  said="$(unshare --mount --pid --fork bash -c inside 2>&1)" || code=$?
  [ -z "${WITHOUT:-}" ] || mv "$system"/hidden/* "$libraries"
  if [ "$expected" = picture ]; then
    [ "$code" = 0 ] && [ -s "$system/out/apple.png" ] && result=works || result=FAILED
  else
    [ "$code" != 0 ] && [[ "$said" == *"$expected"* ]] && result="one sentence" || result=FAILED
  fi
  [[ "$said" == *"$must"* ]] || result=FAILED
  [ "$result" != FAILED ] || failed=1
  echo "| $name | $result | $(sed -n 's/^Exception in thread "main" [a-zA-Z.]*: //p; s/^langevin: //p' <<< "$said" | tail -1) |"
  [ "$result" != FAILED ] || printf 'code %s\n%s\n' "$code" "$said" >&2
}

quota
export QUOTA
echo "| case | result | what it says |"
echo "| --- | --- | --- |"
OPTIONS=-XshowSettings:system case_of "uid 65534, read-only home, LANG=C, one CPU's quota" picture "Effective CPU Count: 1"
TMP_OPTIONS=mode=1777,noexec case_of "the same, noexec /tmp" "mounted noexec"
TMP_OPTIONS=mode=1777,noexec OPTIONS=-Dlangevin.natives.dir=/out/natives case_of "the same, natives in a folder that runs programs" picture
WITHOUT='libstdc++.so.6*' case_of "the same, without libstdc++" "Debian package libstdc++6 brings it"
OUT=/opt/apple.png case_of "a picture where it may not write" "name a folder that exists and is writable"
exit "$failed"
