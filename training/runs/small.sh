#!/usr/bin/env bash
# The runs behind functions/colorise/models/small.onnx, from a committed checkpoint to the card.
# On two cores that do nothing else about an hour and a quarter; on a GPU the same commands.
set -euo pipefail
photos=${1:?the folder of photographs}
pilot=${2:?the folder of the pilot}
runs=training/runs
train="python -m training.train --photos $photos"
head="--direct-only true --batch 8 --averaging 0.98 --save-every 20 --weights.bins 0
  --weights.rebalanced 0 --weights.regression 0 --weights.mixture 0 --weights.flat 0 --weights.direct 1
  --weights.direct-flat 0.3"

# The checkpoint of the first shipped network, in the pilot's names.
git show 60ef6eb:training/checkpoints/small.pt >$runs/start.pt

# A direct head learns what the bins say, on features that stay as they are.
$train --cropping.side 192 --out $runs/head --start $runs/start.pt $head --steps 160 --rate 3e-3 --warm-up 20

# All of the network, together with it. (The first 1,020 steps were taken with --steps 3300: the rate fell more slowly.)
$train --cropping.side 192 --out $runs/main --start $runs/head/average.pt --steps 2400 --rate 1e-3 --vivid 30 \
  --weights.rebalanced 0.3 --weights.direct 0.5 --weights.direct-flat 0.2

# A quarter of what became of it and three of what was; then the head once more, for the features of the mean.
python -m training.merge 0.25:$runs/main/average.pt 0.75:$runs/head/average.pt --out $runs/m25.pt --photos $photos \
  --statistics-batches 20
$train --cropping.side 224 --out $runs/last --start $runs/m25.pt $head --steps 320 --rate 1.5e-3 --warm-up 10

# Figures, and the file with its card.
python -m training.export_onnx $runs/last/average.pt $runs/small.onnx --gain 1.2
for set in validation unseen; do
  from=$photos split=validation
  if [ $set = unseen ]; then from=$runs/unseen split=all; fi # the photographs of training/unseen.txt
  python -m training.evaluate --photos "$from" --split $split --out $runs/$set \
    --model "small=$runs/small.onnx:side=224" --model "vivid=$runs/small.onnx:side=224:saturation=1.3" \
    --model "pilot=$pilot/small.onnx"
done
python -m training.export_onnx $runs/last/average.pt functions/colorise/models/small.onnx --gain 1.2 \
  --text $runs/small.toml --metrics "validation=$runs/validation/metrics.json:small" \
  --metrics "unseen=$runs/unseen/metrics.json:small"
cp $runs/last/average.pt training/checkpoints/small.pt
