#!/bin/sh
# build.sh library TARGET RESOURCES PLATFORM   builds the shim below the folder TARGET; copies abi.txt and langevin_cuda.cu
#                                              into RESOURCES, and the shim into its folder PLATFORM, such as
#                                              linux-x86_64, with the SHA-256 of every library that is loaded from a jar
# build.sh test TARGET                         builds everything, also with sanitizers, and runs the tests
# For Maven, which gives native/target as TARGET. By hand, CMake alone does: see the top CMakeLists.txt.
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
target="$2"

# build FOLDER CMAKE_TARGETS OPTION...
build() {
  folder="$target/$1"
  cmake_targets="$2"
  shift 2
  generator=
  if [ ! -f "$folder/CMakeCache.txt" ] && command -v ninja > /dev/null; then
    generator=-GNinja
  fi
  cmake -S "$root" -B "$folder" $generator \
    -DLANGEVIN_DNNL_INCLUDE="$(echo "$target"/dnnl/org/bytedeco/dnnl/*/include)" "$@" > "$folder.log" ||
    { cat "$folder.log" >&2; return 1; }
  cmake --build "$folder" --target $cmake_targets --parallel "$(nproc)" > "$folder.log" ||
    { cat "$folder.log" >&2; return 1; }
}

run_tests() {
  ctest --test-dir "$target/$1" --output-on-failure --parallel "$(nproc)" > "$target/$1-tests.log" 2>&1 ||
    { cat "$target/$1-tests.log" >&2; return 1; }
  grep 'tests passed' "$target/$1-tests.log"
}

# Whether the tests passed and no source has changed since.
tests_are_current() {
  [ -f "$target/tests-passed" ] && [ -z "$(find "$root/CMakeLists.txt" "$root/native" \
    -path "$target" -prune -o -newer "$target/tests-passed" -type f -print)" ]
}

# copy FILE TO: unless it is there already, so that its time says when it last changed.
copy() {
  if ! cmp -s "$1" "$2"; then
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2"
  fi
}

mkdir -p "$target"
case "$1" in
  library)
    # cuda_driver, cuda_cublaslt: tests of other modules load them from where they are built.
    build cmake "langevin abi cuda_source cuda_driver cuda_cublaslt"
    copy "$target/cmake/native/liblangevin.so" "$3/$4/liblangevin.so"
    copy "$target/cmake/native/abi/abi.txt" "$3/abi.txt"
    copy "$target/cmake/native/cuda/langevin_cuda.cu" "$3/langevin_cuda.cu"
    (cd "$3/$4" && sha256sum liblangevin.so) > "$target/sha256"
    (cd "$target/dnnl/org/bytedeco/dnnl/$4" && sha256sum libdnnl.so.3 libgomp.so.1) >> "$target/sha256"
    copy "$target/sha256" "$3/$4/sha256"
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
