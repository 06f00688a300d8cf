#!/bin/sh
# generate.sh JEXTRACT NATIVE TARGET [HEADERS]   has jextract (https://jdk.java.net/jextract) read the headers below the module
# NATIVE, and those of CUDA, cuDNN and cuBLASLt in the folders HEADERS, DIR:DIR, where there are, and writes its sources
# below TARGET. Run by the Maven profile `jextract`; its tests compare the result with the hand-made bindings. The lists
# (onednn.txt, langevin.txt, cuda.txt, ...) name the functions; tests keep them equal to what is bound.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
jextract="$1"
native="$2"
target="$3"
headers="${4:-}" # Maven passes no empty argument
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

# nvidia LIST CLASS HEADER
nvidia() {
  file=
  set -- "$1" "$2" "$3" --output "$target/sources" --target-package dev.langevin.jextract --header-class-name "$2"
  old_ifs="$IFS"
  IFS=:
  for folder in $headers; do
    set -- "$@" --include-dir "$folder"
    if [ -z "$file" ] && [ -f "$folder/$3" ]; then
      file="$folder/$3"
    fi
  done
  IFS="$old_ifs"
  if [ -z "$file" ]; then
    echo "langevin: there is no $3 in $headers; -Dlangevin.cuda.headers=DIR:DIR names the folders of CUDA's headers" >&2
    exit 1
  fi
  list="$1"
  shift 3
  "$jextract" "$@" "@$here/$list.txt" "$file"
  sed 's/^--include-function \(.*\)/void \1(void) {}/' "$here/$list.txt" >> "$target/nvidia.c"
}

if [ -n "$headers" ]; then
  nvidia cuda Cuda cuda.h
  nvidia nvrtc Nvrtc nvrtc.h
  nvidia cudnn Cudnn cudnn.h
  nvidia cublaslt CublasLt cublasLt.h
  # What is generated wants to find the functions. NVIDIA's libraries need not be there for that.
  "${CC:-cc}" -w -fno-builtin -shared -fPIC -o "$target/libnvidia_names.so" "$target/nvidia.c"
fi
find "$target/sources" -name '*.java' > "$target/sources.txt"
