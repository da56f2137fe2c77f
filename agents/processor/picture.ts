// Owns pictures: decoding PNG and JPEG within limits, resizing, cropping. Pictures are 8-bit RGB without alpha, row major.
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { ProcessorError } from "./processor-error.ts";

/** `rgb.length` = width × height × 3. */
export type Picture = { width: number; height: number; rgb: Uint8Array };

export const PICTURE_TYPES = ["image/png", "image/jpeg"];
/** A photo of today's phones is 4–12 MB. */
export const MAX_PICTURE_BYTES = 20 * 2 ** 20;
/** 24 megapixels decode to 96 MB of RGBA for a moment: what a small ingress can bear. */
export const MAX_PICTURE_PIXELS = 24e6;
const MAX_PICTURE_SIDE = 16_384;
const JPEG_MEMORY_MB = 512;

/** What the bytes are is read from the bytes: senders often name the wrong type. @throws ProcessorError */
export function decodePicture(bytes: Uint8Array): Picture {
  if (bytes.length > MAX_PICTURE_BYTES) throw new ProcessorError("too-large", `the picture has ${bytes.length} bytes; at most ${MAX_PICTURE_BYTES} are taken`);
  if (isPng(bytes)) return decodePng(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return decodeJpeg(bytes);
  throw new ProcessorError("unsupported-media-type", "the body is neither a PNG nor a JPEG picture");
}

function isPng(bytes: Uint8Array): boolean {
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, index) => bytes[index] === byte);
}

function decodePng(bytes: Uint8Array): Picture {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 33 || buffer.toString("latin1", 12, 16) !== "IHDR") throw new ProcessorError("input", "the PNG picture is cut off");
  // Looked at before decoding: the decoder allocates what the header promises.
  checkSize(buffer.readUInt32BE(16), buffer.readUInt32BE(20));
  try {
    const { width, height, data } = PNG.sync.read(buffer, { checkCRC: true });
    return dropAlpha(width, height, data);
  } catch (error) {
    throw new ProcessorError("input", `the PNG picture cannot be decoded: ${(error as Error).message}`, { cause: error });
  }
}

function decodeJpeg(bytes: Uint8Array): Picture {
  try {
    const limits = { maxResolutionInMP: MAX_PICTURE_PIXELS / 1e6, maxMemoryUsageInMB: JPEG_MEMORY_MB };
    const { width, height, data } = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: true, tolerantDecoding: false, ...limits });
    checkSize(width, height);
    return dropAlpha(width, height, data);
  } catch (error) {
    if (error instanceof ProcessorError) throw error;
    const message = (error as Error).message;
    if (/maxResolutionInMP|maxMemoryUsageInMB/.test(message)) throw new ProcessorError("too-large", `the picture has more than ${MAX_PICTURE_PIXELS} pixels`);
    throw new ProcessorError("input", `the JPEG picture cannot be decoded: ${message}`, { cause: error });
  }
}

function checkSize(width: number, height: number): void {
  if (width < 1 || height < 1) throw new ProcessorError("input", "the picture is empty");
  if (width > MAX_PICTURE_SIDE || height > MAX_PICTURE_SIDE || width * height > MAX_PICTURE_PIXELS) {
    throw new ProcessorError("too-large", `the picture is ${width}×${height}; at most ${MAX_PICTURE_PIXELS} pixels and ${MAX_PICTURE_SIDE} a side are taken`);
  }
}

/** Transparent pixels are laid on white, as a viewer would show them. */
function dropAlpha(width: number, height: number, rgba: Uint8Array): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const value = rgba[from + channel]!;
      rgb[to + channel] = alpha === 255 ? value : Math.round((value * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  return { width, height, rgb };
}

/** Bilinear with half-pixel centres and no filter for shrinking, as OpenCV's INTER_LINEAR; results rounded to 8 bits. */
export function resizePicture(picture: Picture, width: number, height: number): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const columns = sampleAxis(picture.width, width);
  const rows = sampleAxis(picture.height, height);
  const rgb = new Uint8Array(width * height * 3);
  const stride = picture.width * 3;
  let to = 0;
  for (let y = 0; y < height; y++) {
    const top = rows.low[y]! * stride;
    const bottom = rows.high[y]! * stride;
    const down = rows.weight[y]!;
    for (let x = 0; x < width; x++) {
      const left = columns.low[x]! * 3;
      const right = columns.high[x]! * 3;
      const across = columns.weight[x]!;
      for (let channel = 0; channel < 3; channel++) {
        const above = picture.rgb[top + left + channel]! * (1 - across) + picture.rgb[top + right + channel]! * across;
        const below = picture.rgb[bottom + left + channel]! * (1 - across) + picture.rgb[bottom + right + channel]! * across;
        rgb[to++] = Math.round(above * (1 - down) + below * down);
      }
    }
  }
  return { width, height, rgb };
}

function sampleAxis(from: number, to: number) {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const weight = new Float64Array(to);
  for (let index = 0; index < to; index++) {
    const position = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
    low[index] = Math.floor(position);
    high[index] = Math.min(low[index]! + 1, from - 1);
    weight[index] = position - low[index]!;
  }
  return { low, high, weight };
}

/** The middle `width` × `height` pixels. The picture must be at least that big. */
export function cropCentre(picture: Picture, width: number, height: number): Picture {
  const left = (picture.width - width) >> 1;
  const top = (picture.height - height) >> 1;
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * picture.width + left) * 3;
    rgb.set(picture.rgb.subarray(start, start + width * 3), y * width * 3);
  }
  return { width, height, rgb };
}
