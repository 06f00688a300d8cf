#!/bin/sh
# generate.sh JEXTRACT NATIVE TARGET   has jextract (https://jdk.java.net/jextract) read the headers below the module NATIVE
# and writes its sources below TARGET. Run by the Maven profile `jextract`; its tests compare the result with the hand-made
# bindings. onednn.txt and langevin.txt list the functions; a test keeps them equal to what is bound.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
jextract="$1"
native="$2"
target="$3"
dnnl="$native/target/dnnl/org/bytedeco/dnnl/linux-x86_64/include"

if ! command -v "$jextract" > /dev/null; then
  echo "langevin: the profile jextract needs jextract for JDK 25, from https://jdk.java.net/jextract, on the PATH or named with -Djextract.path=FILE; '$jextract' is not there" >&2
  exit 1
fi

rm -rf "$target"
mkdir -p "$target/sources" "$target/classes"
"$jextract" --output "$target/sources" --target-package dev.langevin.jextract --header-class-name OneDnn \
  --include-dir "$dnnl" "@$here/onednn.txt" "$here/onednn.h"
"$jextract" --output "$target/sources" --target-package dev.langevin.jextract --header-class-name Langevin \
  "@$here/langevin.txt" "$native/include/langevin.h"
find "$target/sources" -name '*.java' > "$target/sources.txt"
