export { type Alarm, type AlarmName, ALARMS, RAISED_ALARMS, type RaisedAlarm } from './alarms';
