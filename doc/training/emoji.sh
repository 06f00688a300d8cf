#!/bin/sh
# Makes the model of emoji that the command line carries, from the data to the files in its jar: doc/training/emoji.sh
# Takes about two hours on two cores. What is there already is gone on with.
set -eu
cd "$(dirname "$0")/../.."
[ -f target/emoji/dataset.json ] || ./langevin dataset emoji --out target/emoji
./langevin train doc/training/emoji-autoencoder.yaml --resume
./langevin train doc/training/emoji.yaml --resume
rm -rf target/emoji-f16
./langevin convert target/emoji-model/model --out target/emoji-f16
resources=java/cli/src/main/resources/dev/langevin/cli/emoji
rm -rf "$resources"
cp -r target/emoji-f16 "$resources"
cp target/emoji-autoencoder/log.csv doc/training/emoji-autoencoder-log.csv
cp target/emoji-model/log.csv doc/training/emoji-log.csv
