import { GatewayError } from '../../platform/errors';

/** The bytes are no image we hand on. `why` speaks of the file, never of its content. */
export class ImageRefused extends GatewayError {
  constructor(why: string) {
    super(422, 'invalid_image', `The image is refused: ${why}.`);
  }
}
