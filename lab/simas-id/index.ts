export { OFFICER_ROLE } from './access-token';
export { startSimasIdLab, type SimasIdLab } from './simas-id-lab';
