export { Checkup, diagnosis, type HandOver, type Trial, Untried, Warning } from './checkup';
