#!/bin/sh
# Makes the model of emoji that the command line carries, from the data to the files in its jar: docs/training/emoji.sh
# Takes about five hours on two cores. What is there already is gone on with.
set -eu
cd "$(dirname "$0")/../.."
[ -f target/emoji/dataset.json ] || ./langevin dataset emoji --out target/emoji
./langevin train docs/training/emoji-autoencoder.yaml --resume
./langevin train docs/training/emoji.yaml --resume
./langevin convert target/emoji-model/model --out target/emoji-first
./langevin train docs/training/emoji-more.yaml --resume
rm -rf target/emoji-f16 target/emoji-grown-f16 target/emoji-coloured-f16
./langevin convert target/emoji-more/model --out target/emoji-f16
./langevin train docs/training/emoji-grown.yaml --resume
./langevin convert target/emoji-grown/model --out target/emoji-grown-f16
./langevin train docs/training/emoji-last.yaml --resume
./langevin train docs/training/emoji-longer.yaml --resume
[ -f target/emoji-colours/dataset.json ] || ./langevin dataset emoji --out target/emoji-colours --colours 2
./langevin train docs/training/emoji-coloured.yaml --resume
./langevin convert target/emoji-coloured/model --out target/emoji-coloured-f16
resources=java/cli/src/main/resources/dev/langevin/cli/emoji
rm -rf "$resources"
cp -r target/emoji-coloured-f16 "$resources"
cp target/emoji-autoencoder/log.csv docs/training/emoji-autoencoder-log.csv
cp target/emoji-model/log.csv docs/training/emoji-log.csv
for run in more grown last longer coloured; do
  cp "target/emoji-$run/log.csv" "docs/training/emoji-$run-log.csv"
done
