/** Pixels of an image. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Reads an image as it passes by, in pieces of any size, without keeping it. */
export interface ImageInspector {
  /** Known once the header went by. */
  readonly size: ImageSize | undefined;
  /** @throws ImageRefused */
  push(chunk: Buffer): void | Promise<void>;
  /** The image is over; refuses one that is not complete. @throws ImageRefused */
  end(): void | Promise<void>;
}
