import type { Readable } from 'node:stream';
import { GatewayError } from '../../platform/errors';
import { tooLarge } from '../../platform/http';
import { MAX_IMAGE_BYTES } from './image-check';

/**
 * The whole image. Copied into one buffer as it arrives: a sender may cut it into millions of pieces, each of which would cost
 * a hundred times its size while it was kept.
 * @param expectedBytes how many will come, at most
 * @param patienceMs how long the sender may take
 * @throws GatewayError 400 when it breaks off, 408 when it takes too long, 413
 */
export function receiveImage(source: Readable, expectedBytes: number, patienceMs: number): Promise<Buffer> {
  const image = Buffer.allocUnsafeSlow(expectedBytes);
  let size = 0;
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      source.off('data', take).off('end', end).off('error', cutShort).off('close', cutShort);
      // Without a listener a late error of the source would end the process.
      source.on('error', () => undefined);
      settle();
    };
    const refuse = (error: GatewayError): void => done(() => reject(error));
    const take = (piece: Buffer): void => {
      if (size + piece.length > expectedBytes) return refuse(tooLarge(MAX_IMAGE_BYTES));
      size += piece.copy(image, size);
    };
    const end = (): void => done(() => resolve(image.subarray(0, size)));
    const cutShort = (): void =>
      refuse(new GatewayError(400, 'invalid_request', 'The image did not arrive completely.'));
    const timer = setTimeout(
      () => refuse(new GatewayError(408, 'invalid_request', 'The image took too long to arrive.')),
      patienceMs,
    );
    source.on('data', take).on('end', end).on('error', cutShort).on('close', cutShort);
    if (source.destroyed) cutShort();
  });
}
