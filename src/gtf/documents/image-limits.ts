/** Contract §6: 300–8000 px a side, at most 40 megapixels, at most 8 MB. */
export const MAX_IMAGE_BYTES = 8 * 1024 * 1024;
export const MIN_SIDE = 300;
export const MAX_SIDE = 8_000;
export const MAX_PIXELS = 40_000_000;
