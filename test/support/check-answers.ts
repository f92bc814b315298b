import { checkEveryAnswer } from './documented-answers';

checkEveryAnswer();
