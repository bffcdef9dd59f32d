// More or less colour without asking the network again: out = grey + k·(colour − grey), at the same luma.

/** Rec. 601, as the functions weigh red, green and blue: there luma is what is kept. */
export const LUMA = [0.299, 0.587, 0.114];

/** Pixels of the longer side that a screen shows well; the file that is saved has all of its own. */
const SHOWN_SIDE = 2048;

/**
 * Write (RGBA, 0 to 255) the picture `colour` with `k` times its colour into `out`; both have the same length.
 *
 * Grey is the colour's own luma, which is the source's: that is the promise of the functions. A pixel that would leave
 * the range gives up colour, never luma, so `k` shrinks there.
 */
export function blend(colour, k, out) {
  for (let i = 0; i < colour.length; i += 4) {
    const grey = LUMA[0] * colour[i] + LUMA[1] * colour[i + 1] + LUMA[2] * colour[i + 2];
    let most = k;
    if (k > 1) {
      for (let c = i; c < i + 3; c += 1) {
        const difference = colour[c] - grey;
        if (difference > 0) most = Math.min(most, (255 - grey) / difference);
        else if (difference < 0) most = Math.min(most, -grey / difference);
      }
    }
    for (let c = i; c < i + 3; c += 1) out[c] = Math.round(grey + most * (colour[c] - grey));
    out[i + 3] = colour[i + 3];
  }
}

/** A coloured picture on a canvas, whose amount of colour changes at once. */
export class Blend {
  /** `image` is loaded already. */
  constructor(image, canvas = document.createElement("canvas")) {
    this.image = image;
    this.canvas = canvas;
    this.k = 1;
    const scale = Math.min(1, SHOWN_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    this.canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    this.canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.context.drawImage(image, 0, 0, canvas.width, canvas.height);
    this.colour = this.context.getImageData(0, 0, canvas.width, canvas.height);
    this.out = this.context.createImageData(canvas.width, canvas.height);
  }

  /** Show so many times the colour, 0 to 2; drawn with the next frame of the screen. */
  set(k) {
    this.k = k;
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      blend(this.colour.data, this.k, this.out.data);
      this.context.putImageData(this.out, 0, 0);
    });
  }

  /** The blend that is shown, at the picture's full size, as a JPEG file. */
  async file() {
    const whole = new OffscreenCanvas(this.image.naturalWidth, this.image.naturalHeight);
    const context = whole.getContext("2d");
    context.drawImage(this.image, 0, 0);
    const pixels = context.getImageData(0, 0, whole.width, whole.height);
    blend(pixels.data, this.k, pixels.data);
    context.putImageData(pixels, 0, 0);
    return whole.convertToBlob({ type: "image/jpeg", quality: 0.93 });
  }
}

/** An image element with the picture at this address, decoded. */
export async function loaded(address, alt = "") {
  const image = new Image();
  image.alt = alt;
  image.src = address;
  await image.decode();
  return image;
}
