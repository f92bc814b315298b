export { type Limit, Limits } from './limits.service';
export { LimitsModule } from './limits.module';
