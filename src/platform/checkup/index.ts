export { Checkup, diagnosis, type HandOver, type Trial, Untried } from './checkup';
