#!/bin/sh
# build.sh library TARGET LIBRARY   builds the shim below the folder TARGET and copies it to LIBRARY
# build.sh test TARGET              builds everything, also with sanitizers, and runs the tests
# For Maven, which gives native/target as TARGET. By hand, CMake alone does: see the top CMakeLists.txt.
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
target="$2"

# build FOLDER CMAKE_TARGET OPTION...
build() {
  folder="$target/$1"
  cmake_target="$2"
  shift 2
  generator=
  if [ ! -f "$folder/CMakeCache.txt" ] && command -v ninja > /dev/null; then
    generator=-GNinja
  fi
  cmake -S "$root" -B "$folder" $generator \
    -DLANGEVIN_DNNL_INCLUDE="$target/dnnl/org/bytedeco/dnnl/linux-x86_64/include" "$@" > "$folder.log" ||
    { cat "$folder.log" >&2; return 1; }
  cmake --build "$folder" --target "$cmake_target" --parallel "$(nproc)" > "$folder.log" ||
    { cat "$folder.log" >&2; return 1; }
}

run_tests() {
  ctest --test-dir "$target/$1" --output-on-failure --parallel "$(nproc)" > "$target/$1-tests.log" 2>&1 ||
    { cat "$target/$1-tests.log" >&2; return 1; }
  grep 'tests passed' "$target/$1-tests.log"
}

# Whether the tests passed and no source has changed since.
tests_are_current() {
  [ -f "$target/tests-passed" ] && [ -z "$(find "$root/CMakeLists.txt" "$root/native" "$root/bindings/src" \
    -path "$target" -prune -o -newer "$target/tests-passed" -type f -print)" ]
}

mkdir -p "$target"
case "$1" in
  library)
    build cmake langevin
    if ! cmp -s "$target/cmake/native/liblangevin.so" "$3"; then
      mkdir -p "$(dirname "$3")"
      cp "$target/cmake/native/liblangevin.so" "$3"
    fi
    ;;
  test)
    tests_are_current && exit 0
    build cmake all
    run_tests cmake
    build cmake-sanitize all -DLANGEVIN_SANITIZE=ON
    run_tests cmake-sanitize
    touch "$target/tests-passed"
    ;;
esac
