#!/bin/sh
# Prints what abi_nvidia.cpp finds in the headers of CUDA 13 and cuDNN 9, whose folders are the arguments:
#   native/abi/nvidia.sh DIR... > bindings/src/test/resources/dev/langevin/bindings/abi-nvidia.txt
# With pip's wheels they are .../site-packages/nvidia/cu13/include (of nvidia-cuda-runtime, nvidia-cublas, nvidia-cuda-nvrtc,
# nvidia-cuda-crt and nvidia-cuda-cccl) and .../site-packages/nvidia/cudnn/include.
set -eu
here=$(dirname "$0")
program=$(mktemp)
trap 'rm -f "$program"' EXIT
includes=
for folder in "$@"; do
  includes="$includes -isystem $folder"
done
# shellcheck disable=SC2086 # the folders' names are words
"${CXX:-g++}" -std=c++20 -Wall -Wextra -Werror -I "$here" $includes "$here/abi_nvidia.cpp" -o "$program"
"$program"
