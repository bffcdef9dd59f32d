#!/usr/bin/env bash
# The runs behind functions/colorise/models/small.onnx, from the committed checkpoint to the card.
# On two cores that do nothing else about 50 minutes; on a GPU the same commands, without `nice`.
set -euo pipefail
photos=${1:?the folder of photographs}
train="nice -n 5 python -m training.train --photos $photos --cropping.side 192"

# The direct head learns what the bins say, on features that stay as they are.
$train --out training/runs/head --start training/checkpoints/start.pt --steps 160 --direct-only true \
  --rate 3e-3 --warm-up 20 --averaging 0.98 --save-every 20 --sheet-every 160 \
  --weights.bins 0 --weights.rebalanced 0 --weights.regression 0 --weights.mixture 0 --weights.flat 0 \
  --weights.direct 1 --weights.direct-flat 0.3

# All of the network, together with it.
$train --out training/runs/main --start training/runs/head/average.pt --steps 2400 --rate 1e-3 --vivid 30 \
  --weights.rebalanced 0.3 --weights.direct 0.5 --weights.direct-flat 0.2
