export { type Alarm, ALARMS, RAISED_ALARMS, type RaisedAlarm } from './alarms';
