#!/bin/sh
# Trains unCLIP's architecture on emoji, from the data to a model that turns texts into pictures: docs/training/emoji-unclip.sh
# What is there already is gone on with. The model is target/emoji-unclip/model.
set -eu
cd "$(dirname "$0")/../.."
[ -f target/emoji/dataset.json ] || ./langevin dataset emoji --out target/emoji
for part in clip prior decoder super-resolution super-resolution-last; do
  ./langevin train "docs/training/emoji-$part.yaml" --resume
done
