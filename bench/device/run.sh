#!/usr/bin/env bash
# run.sh [check|sd15|sdxl|all|PART...]   runs on a machine with a GPU what pack.sh has packed: first whether results are
#                                        right, then how fast they come
#
# check   doctor kernels sanitizer conformance cases tiny      all   check, ceilings, sd15, sdxl
# sd15    doctor ceilings sd15                                 sdxl  doctor ceilings sdxl
#
# A call takes ten minutes at most. Parts that do not fit are left to the next call, which knows what is done: it ends
# with 75 where parts are left, 1 where one failed, else 0. `rm -r bench/device/target/done` forgets what is done.
#
# In the environment:
# OUT                  where the tables go: results.csv has a line a part, log.txt what was printed
# LANGEVIN_SECONDS     what a call may take (550)
# LANGEVIN_LIBRARIES   folders where CUDA's libraries are, with colons between them, if not where they are usually;
#                      with the folder of the driver on the processor, all of this runs without a GPU
# LANGEVIN_REFERENCE   a folder of reference cases; without it the choice of cases in this tree
# LANGEVIN_FAMILIES    a pattern of the families that are run; usually all, of the driver on the processor a few
set -uo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
target="$root/bench/device/target"
out="$(mkdir -p "${OUT:-$target/out}" && cd "${OUT:-$target/out}" && pwd)"
libraries="${LANGEVIN_LIBRARIES:-}"
seconds="${LANGEVIN_SECONDS:-550}"
done="$target/done"
copies="$root/java/engine/src/test/resources/reference"
export XDG_CACHE_HOME="$target/cache"

fail() {
  echo "run.sh: $1" >&2
  exit 2
}

# The tables of all calls so far; this call's are added to them.
mkdir -p "$done" "$XDG_CACHE_HOME"
left() { echo $((seconds - SECONDS)); }

unpack() {
  local package="$target/langevin-device.tar.xz"
  [ "$target/pack/unpacked" -nt "$package" ] && return
  [ -f "$package" ] || fail "$package is not there; bench/device/pack.sh makes it where the project is built"
  rm -rf "$target/pack"
  mkdir -p "$target/pack"
  xz -dc "$package" | tar -C "$target/pack" -x && touch "$target/pack/unpacked" || fail "$package cannot be unpacked"
}

# run COMMAND...: within what is left of this call; what it prints goes to the log too.
run() { timeout -k 5 "$(left)" "$@" 2>&1 | tee -a "$out/log.txt"; return "${PIPESTATUS[0]}"; }
java() {
  run "$target/pack/java/bin/java" --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true \
    "-Dlangevin.cuda.libraries=$libraries" -cp "$target/pack/lib/*:$target/pack/lib/tests:$target/pack/lib/kernels" "$@"
}
langevin() { java dev.langevin.cli.Langevin "$@"; }

# Whether the driver is that on the processor.
emulated() {
  local folder folders
  IFS=: read -ra folders <<< "$libraries"
  for folder in "${folders[@]}"; do
    [ -f "$folder/libcuda.so.1" ] && grep -q lgcDriverControl "$folder/libcuda.so.1" && return
  done
  return 1
}

# ---- parts: each ends with 0, or with 77 where it cannot be done here, for the reason that it puts into $reason ----

doctor() {
  { nvidia-smi || true; lscpu | grep 'Model name' || true; } > "$out/doctor.txt" 2>&1
  langevin doctor | tee -a "$out/doctor.txt"
  # Words of one entry may stand on several lines.
  reason="$(sed -n '/^cuda  /,$p' "$out/doctor.txt" | sed 's/^cuda *//' | tr -s ' \n' ' ')"
  [ "$reason" = "ready " ] && reason=
}

# The image of the kernels for native tests, into $image.
kernel_image() {
  image="$target/pack/native/langevin_cuda.fatbin"
  if emulated; then
    image="$target/pack/native/emulated.image"
    printf 'langevin emulated kernels' > "$image"
  elif [ ! -f "$image" ]; then
    command -v nvcc > /dev/null || { reason="neither the package has kernels as machine code, nor this machine nvcc"; return 77; }
    run nvcc -std=c++17 -arch=native -fatbin -o "$image" "$target/pack/native/langevin_cuda.cu"
  fi
}

# native_tests PREFIX...: every group of kernels through the driver.
native_tests() {
  local group folder=libcuda.so.1 folders each groups="chain elementwise moves norms tables layers"
  IFS=: read -ra folders <<< "$libraries"
  for each in "${folders[@]}"; do
    [ -f "$each/libcuda.so.1" ] && folder="$each/libcuda.so.1" && break
  done
  emulated && groups="tables moves" # the native build has run all of them
  for group in $groups; do
    echo "kernels' tests: $group"
    LANGEVIN_TEST_DRIVER="$folder" LANGEVIN_TEST_IMAGE="$image" \
      LD_LIBRARY_PATH="$target/pack/native${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
      run "$@" "$target/pack/native/cuda_test" "$group" || return
  done
}

kernels() {
  kernel_image && native_tests
}

sanitizer() {
  emulated && { reason="the driver on the processor has guard pages"; return 77; }
  local tool
  tool="$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2> /dev/null | head -1)"
  [ -n "$tool" ] || { reason="compute-sanitizer is not there"; return 77; }
  kernel_image || return
  native_tests "$tool" --error-exitcode 9 && return
  local status=$?
  reason="$(grep -om1 'Device not supported.*' "$out/log.txt")" && return 77
  return $status
}

# tests NAME CLASS OPTION...: a table of what became of each, and how far results were from what is expected.
tests() {
  local name="$1" class="$2"
  shift 2
  (cd "$root/java/reference" && java "-Dlangevin.deviations=$out/deviations.part" "$@" dev.langevin.reference.TestTable \
    "$out/$name.csv" "$class")
  local status=$?
  if [ -f "$out/deviations.part" ]; then
    cat "$out/deviations.part" >> "$out/deviations.csv"
    rm "$out/deviations.part"
  fi
  return $status
}

conformance() {
  tests conformance dev.langevin.conformance.OpConformanceTest -Dlangevin.conformance=cuda
}

cases() {
  local folder="${LANGEVIN_REFERENCE:-$copies}" families="${LANGEVIN_FAMILIES:-}"
  [ -n "$families" ] || { emulated && families='layers|clip_text|schedulers' || families='.*'; }
  (cd "$folder" && find . -name case.json | sed 's#^\./##; s#/case.json##' | grep -E "^($families)/" | sort) > "$out/cases.txt"
  echo "$(wc -l < "$out/cases.txt") cases of $folder: $(cut -d/ -f1 "$out/cases.txt" | sort | uniq -c | awk '{ printf "%s%s %s", s, $1, $2; s = ", " }')"
  rm "$out/cases.txt"
  tests cases dev.langevin.reference.ReferenceTest "-Dlangevin.reference=${LANGEVIN_REFERENCE:-}" "-Dlangevin.reference.families=$families" \
    -Dlangevin.backend=cuda
}

# model NETWORK ARGUMENT...: a line of JSON in speed.jsonl.
model() {
  langevin bench model "$@" --device cuda --json > "$out/model.part" || { cat "$out/model.part"; return 1; }
  grep '{"' "$out/model.part" | tee -a "$out/speed.jsonl"
  rm "$out/model.part"
}

tiny() {
  for precision in f32 bf16 f16; do model tiny --precision "$precision" --repeat 5 || return; done
}

torch_here() {
  reason="$(PYTHONPATH="$target/pack/peers" python3 -c 'import diffusers, torch; assert torch.cuda.is_available(), "torch sees no GPU"' \
    2>&1 | tail -1)"
  [ -z "$reason" ]
}

# What a device gives at best, by the fastest engines and a copy, and by torch's.
ceilings() {
  local size=4096
  emulated && size=64
  echo "square matmul m=$size k=$size n=$size" > "$out/shapes.part"
  langevin bench kernels --device cuda --rounds 5 --shapes "$out/shapes.part" > "$out/peaks.txt" || { cat "$out/peaks.txt"; return 1; }
  rm "$out/shapes.part"
  cat "$out/peaks.txt"
  torch_here || { reason="torch's are left away: $reason"; return 0; }
  run python3 "$root/bench/device/ceilings.py" | tee -a "$out/speed.jsonl"
}

# speed NETWORK: ours in each precision, and in the usual one against torch in turns.
speed() {
  local network="$1" precision
  for precision in f32 bf16 f16 int8; do
    model "$network" --precision "$precision" --repeat 5 --ops || return
  done
  torch_here || { reason="the peers are left away: $reason"; return 0; }
  for precision in f16; do
    for mode in eager compile; do
      PYTHONPATH="$target/pack/peers" langevin bench peers "$network" --device cuda --precision "$precision" --mode "$mode" \
        --rounds 2 --script "$root/bench/peers/torch_peer.py" --csv "$out/peers.part" || return
      cat "$out/peers.part" >> "$out/peers.csv"
      rm "$out/peers.part"
    done
  done
}

sd15() { speed unet && model vae --precision f32 --repeat 3 && model vae --precision f16 --repeat 3; }
sdxl() { speed xl; }

# ---- parts in turn ----

least() { # seconds without which a part does not begin
  case "$1" in
    doctor | tiny | ceilings) echo 10 ;;
    sd15 | sdxl) echo 240 ;;
    *) echo 60 ;;
  esac
}

failed=0
waiting=()
# part NAME: where it is not done already.
part() {
  local name="$1" begun=$SECONDS status whole=
  reason=
  if [ -f "$done/$name" ]; then
    echo "== $name: done by a call before"
    return
  fi
  if [ ${#waiting[@]} -gt 0 ] || [ "$(left)" -lt "$(least "$name")" ]; then
    waiting+=("$name")
    return
  fi
  [ $begun -gt 30 ] || whole=yes # of a call's time
  echo "== $name"
  "$name"
  status=$?
  [ -z "$reason" ] || [ $status != 0 ] || [ "$name" != doctor ] || status=1
  if [ $status = 124 ] && [ -z "$whole" ]; then
    waiting+=("$name")
    return
  fi
  case $status in
    0) outcome=passed ;;
    77) outcome=skipped ;;
    124) outcome=failed reason="more than $seconds s" ;;
    *) outcome=failed ;;
  esac
  echo "== $name: $outcome${reason:+, $reason}"
  { grep -v "^$name," "$done/results"; printf '%s,%s,%d,"%s"\n' "$name" "$outcome" $((SECONDS - begun)) "${reason//\"/\'}"; } \
    2> /dev/null > "$done/new"
  mv "$done/new" "$done/results"
  if [ $outcome = failed ]; then
    failed=1
    [ "$name" != doctor ] || finish
  else
    [ "$name" = doctor ] || touch "$done/$name" # which tells of each call's machine
  fi
}

finish() {
  { echo "part,outcome,seconds,reason"; cat "$done/results"; } > "$out/results.csv"
  # What later starts would read: kernels, chosen engines, plans.
  [ -z "$(ls "$XDG_CACHE_HOME")" ] || tar -C "$XDG_CACHE_HOME" -cJf "$out/cache.tar.xz" .
  cat "$out/results.csv"
  [ $failed = 0 ] || exit 1
  if [ ${#waiting[@]} -gt 0 ]; then
    echo "left for the next call of the same command: ${waiting[*]}"
    exit 75
  fi
  exit 0
}

parts=()
for wanted in "${@:-check}"; do
  case "$wanted" in
    check) parts+=(doctor kernels sanitizer conformance cases tiny) ;;
    sd15 | sdxl) parts+=(doctor ceilings "$wanted") ;;
    all) parts+=(doctor kernels sanitizer conformance cases tiny ceilings sd15 sdxl) ;;
    doctor | kernels | sanitizer | conformance | cases | tiny | ceilings) parts+=("$wanted") ;;
    *) fail "there is no part '$wanted'; it is check, sd15, sdxl, all, doctor, kernels, sanitizer, conformance, cases, tiny or ceilings" ;;
  esac
done
unpack
for wanted in "${parts[@]}"; do
  part "$wanted"
done
finish
