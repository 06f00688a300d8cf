#!/usr/bin/env bash
# pack.sh [--diffusers FOLDER]   packs what a bare machine with a GPU needs beside this tree into
#                                bench/device/target/langevin-device.tar.xz: a Java run time, the command line without
#                                oneDNN and models, the tests of kernels, operations and reference cases
#
# Tree and package together must be at most 64 MiB. There, bench/device/run.sh unpacks and runs it; docs/cuda.md tells more.
#
# FOLDER      diffusers' source, `src/diffusers` of its repository, for the peers; without it, where python3 finds it
# XZ_LEVEL    0 to 9 in the environment: 9 is smallest and takes a minute
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
target="$root/bench/device/target"
most=$((64 << 20))
fail() {
  echo "pack.sh: $1" >&2
  exit 1
}
diffusers=
if [ "${1:-}" = --diffusers ]; then
  diffusers="${2:?--diffusers needs a folder}"
  [ -f "$diffusers/__init__.py" ] || fail "$diffusers has no __init__.py; name the folder src/diffusers of its repository"
fi
jdk="${JAVA_HOME:-/nonexistent}"
[ "$("$jdk/bin/jlink" --version 2> /dev/null | cut -d. -f1)" -ge 25 ] 2> /dev/null ||
  fail "JAVA_HOME is '${JAVA_HOME:-}'; it must name a JDK of 25 or newer, which has jlink"

jars=("$root/java/cli/target/langevin.jar")
for jar in "$root"/java/cli/target/lib/*.jar "$root"/java/reference/target/lib/*.jar; do
  case "${jar##*/}" in
    # Of processors and their training; what terminals need; what only soft assertions need.
    dnnl-* | ojalgo-* | jline-* | progressbar-* | byte-buddy-* | jqwik-* | archunit*) ;;
    *) printf '%s\n' "${jars[@]##*/}" | grep -qxF "${jar##*/}" || jars+=("$jar") ;;
  esac
done
[ -f "${jars[0]}" ] && [ -d "$root/java/reference/target/lib" ] ||
  fail "the jars are not there; mvn -DskipTests -pl java/cli,java/reference -am package makes them"

rm -rf "$target/pack"
mkdir -p "$target/pack"
"$jdk/bin/jlink" --add-modules java.base,java.desktop,java.logging,java.net.http,jdk.jfr,jdk.management,jdk.unsupported \
  --strip-debug --no-header-files --no-man-pages --compress zip-0 --output "$target/pack/java"
"$jdk/bin/java" "$root/bench/device/StoredJars.java" "$target/pack/lib" \
  'dev/langevin/cli/(emoji|fashion|esrgan-slim|upscale)/.*|native/.*/libwebp.*|META-INF/versions/.*module-info.class' "${jars[@]}"
mkdir -p "$target/pack/lib/tests" "$target/pack/native"
cp -r "$root/java/reference/target/test-classes/." "$target/pack/lib/tests"

cmake="$root/native/target/cmake"
cmake --build "$cmake" --target cuda_test cuda_source > "$target/cmake.log" || { cat "$target/cmake.log" >&2; exit 1; }
cp "$cmake/native/cuda/test/cuda_test" "$cmake/native/liblangevin.so" "$root"/native/target/dnnl/org/bytedeco/dnnl/*/libgomp.so.1 \
  "$target/pack/native"
strip "$target/pack/native/cuda_test"
# The kernels' source, and their machine code where `cmake --build native/target/cmake --target cuda_fatbin` has made it by nvcc.
cp "$cmake/native/cuda/langevin_cuda.cu" "$target/pack/native"
if [ -f "$cmake/native/cuda/langevin_cuda.fatbin" ]; then
  mkdir -p "$target/pack/lib/kernels/dev/langevin/native" # where the engine finds it
  cp "$cmake/native/cuda/langevin_cuda.fatbin" "$target/pack/native"
  cp "$cmake/native/cuda/langevin_cuda.fatbin" "$target/pack/lib/kernels/dev/langevin/native"
else
  echo "pack.sh: the package has no machine code of the kernels: nvcc or NVRTC compile them there"
fi

[ -n "$diffusers" ] || diffusers="$(python3 -c 'import importlib.util as u; print(u.find_spec("diffusers").submodule_search_locations[0])' \
  2> /dev/null || true)"
if [ -n "$diffusers" ]; then
  mkdir -p "$target/pack/peers"
  cp -r "$diffusers" "$target/pack/peers/diffusers"
  find "$target/pack/peers" -name __pycache__ -prune -exec rm -r {} +
else
  echo "pack.sh: no diffusers here: the peers need one there; --diffusers FOLDER packs its source"
fi

tar -C "$target/pack" --sort=name --owner=0 --group=0 -c . | xz "-${XZ_LEVEL:-9}" > "$target/langevin-device.tar.xz"
rm -r "$target/pack"
package="$(stat -c %s "$target/langevin-device.tar.xz")"
tree="$(cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 stat -c %s -- 2> /dev/null | awk '{ s += $1 } END { print s }')"
echo "bench/device/target/langevin-device.tar.xz: $package bytes, with the tree's $tree $((package + tree)) of $most at most"
[ $((package + tree)) -le "$most" ] || fail "that is too much to send along; XZ_LEVEL=9 packs best, and without diffusers it is less"
