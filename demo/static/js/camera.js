// The visitor's own camera: a finder in black and white, and a picture that has never been in colour.

import { LUMA } from "./blend.js";

/** Pixels of the longer side of a picture that is taken or made grey here. */
const SIDE = 1920;

/** Why there is no camera to be had, as the key of a text; null where one may be asked for. */
export function whyNot() {
  if (!window.isSecureContext) return "camera.insecure";
  if (!navigator.mediaDevices?.getUserMedia) return "camera.none";
  return null;
}

/** The same for what the browser answered when it was asked. */
export function whyFailed(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "camera.refused";
  if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return "camera.none";
  if (error.name === "NotReadableError" || error.name === "AbortError") return "camera.taken";
  return "camera.failed";
}

/** Let the camera's pictures run in this video element; returns a function that switches it off. */
export async function openFinder(video) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false, video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1080 } },
  });
  video.srcObject = stream;
  await video.play();
  return () => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
}

/** What the finder shows now, in black and white, as a JPEG file: its colours never leave the browser. */
export function shot(video) {
  return grey(video, video.videoWidth, video.videoHeight);
}

/** A picture file in black and white, as a JPEG file; throws where the browser cannot read it. */
export async function withoutColour(file) {
  const picture = await createImageBitmap(file);
  try {
    return await grey(picture, picture.width, picture.height);
  } finally {
    picture.close();
  }
}

async function grey(source, width, height) {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = pixels;
  for (let i = 0; i < data.length; i += 4) {
    const luma = Math.round(LUMA[0] * data[i] + LUMA[1] * data[i + 1] + LUMA[2] * data[i + 2]);
    data[i] = luma;
    data[i + 1] = luma;
    data[i + 2] = luma;
  }
  context.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
}
