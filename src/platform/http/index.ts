export { createHttpServer } from './adapter';
export { addressGroup, addressList, clientAddress } from './client-address';
export { HttpTraffic, noteForLog } from './http-traffic';
export { ProblemFilter } from './problem.filter';
export { timesSent } from './raw-headers';
export { parseJson, readBody, tooLarge } from './request-body';
export {
  FieldProblem,
  PARTNER_REFUSALS,
  Problem,
  type Refusal,
  refusalAnswer,
  Refuses,
} from './refuses.decorator';
export { Accepts, AnyQuery, inputType, RequestInputGuard, RouteConfiguration } from './request-input.guard';
export { OptionalField, RequestValidationPipe } from './validation.pipe';
