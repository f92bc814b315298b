/** What the gateway takes (`PUT /v1/gtf/submissions/{id}/documents/{type}`); asked here first, so that nobody uploads in vain. */
export const TYPES = ['image/jpeg', 'image/png'];
const MAX_BYTES = 8 * 1024 * 1024;
const MIN_SIDE = 300;
const MAX_SIDE = 8000;
const MAX_PIXELS = 40_000_000;

/** Why a picture cannot be used. */
export type Flaw = 'type' | 'bytes' | 'unreadable' | 'small' | 'large';

export async function flawOf(file: File): Promise<Flaw | undefined> {
  if (!TYPES.includes(file.type)) return 'type';
  if (file.size > MAX_BYTES) return 'bytes';
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    if (Math.min(width, height) < MIN_SIDE) return 'small';
    if (Math.max(width, height) > MAX_SIDE || width * height > MAX_PIXELS) return 'large';
    return undefined;
  } catch {
    return 'unreadable';
  } finally {
    URL.revokeObjectURL(url);
  }
}
