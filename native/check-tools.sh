#!/bin/sh
# Checks that what the build needs is there; for each thing that is not, one line names it and the Debian package that
# brings it. Run by Maven before anything else: a missing tool would otherwise show as a page of another tool's errors.
set -u
missing=0

report() {
  echo "langevin: the build needs $1; Debian package $2 brings it" >&2
  missing=1
}

# Whether a JDK's home is of version 25 or newer, by its `release` file: much quicker than starting it.
is_new_jdk() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  version="$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")"
  [ "${version:-0}" -ge 25 ]
}

# The places where maven-toolchains-plugin looks too.
has_new_jdk() {
  javac="$(command -v javac)" && is_new_jdk "$(dirname "$(dirname "$(readlink -f "$javac")")")" && return 0
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
    is_new_jdk "$home" && return 0
  done
  toolchains="$HOME/.m2/toolchains.xml"
  [ -r "$toolchains" ] || return 1
  homes="$(sed -n 's/.*<jdkHome>[[:space:]]*\(.*[^[:space:]]\)[[:space:]]*<\/jdkHome>.*/\1/p' "$toolchains")"
  while IFS= read -r home; do
    is_new_jdk "$home" && return 0
  done <<EOT
$homes
EOT
  return 1
}

has() {
  command -v "$1" > /dev/null
}

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "langevin: the native libraries are for Linux on x86-64; this machine is $(uname -sm)" >&2
  missing=1
fi
has_new_jdk || report "a JDK of version 25 or newer" openjdk-25-jdk-headless
has cmake || report cmake cmake
has "${CXX:-c++}" || has g++ || report "a C++ compiler" g++
has make || has ninja || report "make or ninja" make
exit "$missing"
