export { startSimasIdLab, type SimasIdLab } from './simas-id-lab';
