export { isArmoured } from './armour';
export { EnvelopeError, open, seal } from './envelope';
