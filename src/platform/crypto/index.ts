export { BlindIndex } from './blind-index';
export { equalInConstantTime, sha256 } from './constant-time';
export { CryptoModule } from './crypto.module';
export { type CryptoSettings, cryptoSettings } from './crypto.settings';
export { KeyRing, type SealedWith } from './key-ring';
export { seal, unseal, UnsealError } from './sealed-box';
