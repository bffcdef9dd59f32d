// Pictures of all shapes in rows that fill a screen to its edges. Only arithmetic: no page is needed for it.

/** A row's height is stretched or squeezed so far without being held against an arrangement. */
const HARMLESS = 1.05;

/** Share of the pictures' widths in the first row, of that of other rows: the newest ones are the larger for it. */
const FIRST = 0.6;

/** Rows from which on the first one may stand out; of fewer it would take most of the screen. */
const ROWS = 3;

/**
 * Places of pictures in a rectangle, as {x, y, width, height} in its pixels, in the order of `ratios` (width / height).
 *
 * All numbers of rows are tried; the one is taken whose rows need the least stretching to fill the height. What is
 * stretched is the frame: pictures are cut to it, not distorted.
 */
export function arrange(ratios, width, height, gap) {
  if (!ratios.length || width <= 0 || height <= 0) return [];
  let best = null;
  for (let count = 1; count <= ratios.length; count += 1) {
    const rows = split(ratios, count);
    const heights = rows.map((row) => (width - gap * (row.length - 1)) / sum(row));
    const stretch = (height - gap * (rows.length - 1)) / sum(heights);
    const cost = Math.max(HARMLESS, stretch, 1 / stretch) + unevenness(heights.map((one, row) => one * weight(row, count)));
    if (heights.every((one) => one > 0) && stretch > 0 && (!best || cost < best.cost)) best = { rows, heights, stretch, cost };
  }
  if (!best) return [];
  const places = [];
  let y = 0;
  best.rows.forEach((row, number) => {
    const tall = best.heights[number] * best.stretch;
    let x = 0;
    for (const ratio of row) {
      const wide = ratio * best.heights[number];
      places.push({ x, y, width: wide, height: tall });
      x += wide + gap;
    }
    y += tall + gap;
  });
  return places;
}

/** How much of the pictures a row gets, next to 1. */
function weight(row, count) {
  return row === 0 && count >= ROWS ? FIRST : 1;
}

/** Cut into rows of about the total width that is theirs, none of them empty, the order kept. */
function split(ratios, count) {
  const all = sum(ratios) / sum(Array.from({ length: count }, (_, row) => weight(row, count)));
  const rows = [];
  let row = [];
  let passed = 0;
  let until = all * weight(0, count);
  ratios.forEach((ratio, index) => {
    const left = ratios.length - index;
    const wanted = count - rows.length;
    const middle = passed + ratio / 2;
    if (row.length && (middle > until || left === wanted - 1) && wanted > 1) {
      rows.push(row);
      row = [];
      until += all * weight(rows.length, count);
    }
    row.push(ratio);
    passed += ratio;
  });
  rows.push(row);
  return rows;
}

/** How far the rows' heights are apart, relative to their mean. */
function unevenness(heights) {
  const mean = sum(heights) / heights.length;
  return (Math.max(...heights) - Math.min(...heights)) / mean / 4;
}

function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}
