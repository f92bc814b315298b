export { isCancelledStatement, isDatabaseAway, isDiskFull, refusesUs, toGatewayError } from './classify';
export {
  type FieldError,
  GatewayError,
  invalidField,
  invalidRequest,
  invalidState,
  notFound,
  temporarilyUnavailable,
  unprocessable,
} from './gateway-error';
export { type ErrorShape, renderError, titleOf } from './problem';
