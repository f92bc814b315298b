export { type ListPosition, parsePosition, parseSeq, positionCursor, seqCursor } from './cursor';
export { PageQuery } from './page-query.dto';
