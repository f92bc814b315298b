export { InARow } from './in-a-row';
