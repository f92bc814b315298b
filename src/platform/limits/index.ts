export { Limit } from './limit';
export { Limits } from './limits.service';
export { LimitsModule } from './limits.module';
