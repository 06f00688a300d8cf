#!/bin/sh
# Makes the model of emoji that the command line carries, from the data to the files in its jar: docs/training/emoji.sh
# Takes about four hours on two cores. What is there already is gone on with.
set -eu
cd "$(dirname "$0")/../.."
[ -f target/emoji/dataset.json ] || ./langevin dataset emoji --out target/emoji
./langevin train docs/training/emoji-autoencoder.yaml --resume
./langevin train docs/training/emoji.yaml --resume
./langevin convert target/emoji-model/model --out target/emoji-first
./langevin train docs/training/emoji-more.yaml --resume
rm -rf target/emoji-f16 target/emoji-grown-f16 target/emoji-last-f16
./langevin convert target/emoji-more/model --out target/emoji-f16
./langevin train docs/training/emoji-grown.yaml --resume
./langevin convert target/emoji-grown/model --out target/emoji-grown-f16
./langevin train docs/training/emoji-last.yaml --resume
./langevin convert target/emoji-last/model --out target/emoji-last-f16
resources=java/cli/src/main/resources/dev/langevin/cli/emoji
rm -rf "$resources"
cp -r target/emoji-last-f16 "$resources"
cp target/emoji-autoencoder/log.csv docs/training/emoji-autoencoder-log.csv
cp target/emoji-model/log.csv docs/training/emoji-log.csv
for run in more grown last; do
  cp "target/emoji-$run/log.csv" "docs/training/emoji-$run-log.csv"
done
