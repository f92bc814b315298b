/** Something an operator must act on. */
export interface Alarm {
  /** `critical`: people are turned away or evidence is at stake, now. `warning`: look at it on the same working day. */
  readonly severity: 'critical' | 'warning';
  /** What to do stands in docs/guides/runbooks.md. */
  readonly means: string;
  /** PromQL, where the count of raised alarms does not tell enough; and for how long it must hold. */
  readonly rule?: { readonly expression: string; readonly for: string };
}

/** Raised by the program: a log line with `alarm`, and a count. */
const RAISED = {
  uncaught_error: {
    severity: 'critical',
    means: 'An error that nothing caught ended a process; it was started again. A bug, or memory ran out.',
    // The count ends with the process.
    rule: { expression: 'changes(process_start_time_seconds[30m]) > 2', for: '0m' },
  },
  disk_full: {
    severity: 'critical',
    means:
      'PostgreSQL has no disk space left. Nothing new is accepted; nothing that was acknowledged is lost.',
  },
  partner_away: {
    severity: 'critical',
    means:
      'A partner gave no answer eight times in a row. Calls to it are held back, and one is tried every 10 s.',
    rule: { expression: 'max by (partner) (partner_breaker_open) > 0', for: '2m' },
  },
  simas_id_keys_unreadable: {
    severity: 'critical',
    means: "SIMAS-ID's keys cannot be read and no older ones stand in: people's tokens are answered 503.",
  },
  gtf_credentials_refused: {
    severity: 'critical',
    means: "GTF refuses a unit's client id or pass key, or a token that it has just issued.",
  },
  satusehat_credentials_refused: {
    severity: 'critical',
    means: "SATUSEHAT refuses a unit's client id or secret, or an access token that it has just issued.",
  },
  common_kyc_credentials_refused: {
    severity: 'critical',
    means: "Common KYC refuses a unit's client id or secret. Approved data waits, for 72 hours at most.",
  },
  common_kyc_foreign_record: {
    severity: 'critical',
    means: "Common KYC answered with another phone number's record. It was not shown to anybody.",
  },
  common_kyc_share_failed: {
    severity: 'warning',
    means: 'Approved data of a submission did not reach Common KYC: refused, or 72 hours passed.',
  },
  submission_stale: {
    severity: 'warning',
    means: 'GTF gave no result of a submission within `GTF_POLL_DEADLINE_SECONDS`.',
  },
  otp_channel_refused: {
    severity: 'critical',
    means: "A provider refuses a unit's account, sender or template, or takes its messages for spam.",
  },
  otp_channel_away: {
    severity: 'critical',
    means: 'A provider of codes gave no usable answer five times in a row. One code is tried every 10 s.',
    rule: { expression: 'max by (bu, channel) (otp_breaker_open) > 0', for: '2m' },
  },
  otp_quota_reached: {
    severity: 'critical',
    means:
      'A unit sent as many SMS and WhatsApp messages within an hour as `BU_<BU>_OTP_LIMIT_PER_HOUR` allows.',
  },
  ledger_chain_broken: {
    severity: 'critical',
    means:
      "A unit's ledger is shorter than what was signed of it, or differs from it. Nothing is signed any more.",
  },
  checkpoint_file_unwritable: {
    severity: 'warning',
    means:
      'A signed checkpoint could not be added to `LEDGER_CHECKPOINT_FILE`; it is in the database and the log.',
  },
  erasures_file_unwritable: {
    severity: 'warning',
    means: 'Who was erased could not be written to `ERASURES_FILE`; it is written once that works.',
  },
  data_key_missing: {
    severity: 'critical',
    means:
      'Something that is stored cannot be opened: its key was taken out of `DATA_ENCRYPTION_KEYS` too early.',
  },
  unit_events_stopped: {
    severity: 'warning',
    means:
      "A unit's back end answered 410: it wants no events any more, and gets none until somebody says so.",
  },
  unit_event_given_up: {
    severity: 'warning',
    means: "A unit's back end did not take an event for more than three days; the next one goes on.",
  },
} as const satisfies Record<string, Alarm>;

/** Seen by Prometheus alone: no single log line tells of it. */
const MEASURED = {
  gateway_down: {
    severity: 'critical',
    means: 'No process of the gateway answers on its metrics port.',
    rule: { expression: 'absent(kyc_gateway_build_info)', for: '2m' },
  },
  database_away: {
    severity: 'critical',
    means: 'A process cannot ask its database. Requests are answered 503.',
    rule: { expression: 'max by (instance) (health_check_state{check="database"}) > 1', for: '1m' },
  },
  database_connections_exhausted: {
    severity: 'warning',
    means: 'Work waits for a database connection all the time.',
    rule: { expression: 'max by (instance) (database_pool_waiting) > 0', for: '5m' },
  },
  answers_failing: {
    severity: 'critical',
    means: 'More than one answer in twenty is a 5xx.',
    rule: {
      expression:
        'sum(rate(http_request_duration_seconds_count{status=~"5.."}[5m])) > 0.05 * sum(rate(http_request_duration_seconds_count[5m]))',
      for: '5m',
    },
  },
  everybody_refused: {
    severity: 'critical',
    means: 'Nine tokens or passwords in ten are answered 401.',
    rule: {
      expression:
        '(sum(rate(jwt_validation_total{result="refused"}[5m])) > 9 * sum(rate(jwt_validation_total{result="accepted"}[5m]))) ' +
        'or (sum(rate(basic_authentication_total{outcome="refused"}[5m])) > 9 * sum(rate(basic_authentication_total{outcome="accepted"}[5m])))',
      for: '5m',
    },
  },
  gtf_callbacks_stopped: {
    severity: 'warning',
    means:
      'Results of GTF come by our own asking alone: its callbacks do not arrive. People wait longer, nothing is lost.',
    rule: {
      expression:
        'sum(increase(gtf_results_recorded_total{source="poll",status!="stale"}[1h])) > 5 unless sum(increase(gtf_callbacks_total[1h])) > 0',
      for: '0m',
    },
  },
  jobs_waiting: {
    severity: 'critical',
    means: 'Background work is not done: a job that is due has waited for five minutes.',
    rule: { expression: 'max by (queue) (jobs_oldest_ready_seconds) > 300', for: '1m' },
  },
  otp_codes_waiting: {
    severity: 'critical',
    means: 'Codes are not handed over though they are due.',
    rule: { expression: 'max by (channel) (otp_queue_age_seconds) > 15', for: '30s' },
  },
  common_kyc_shares_waiting: {
    severity: 'warning',
    means: 'Approved data has waited for Common KYC for more than an hour.',
    rule: { expression: 'max(common_kyc_oldest_waiting_share_seconds) > 3600', for: '5m' },
  },
  unit_events_behind: {
    severity: 'warning',
    means: 'An event has been on its way to a unit for more than a quarter of an hour.',
    rule: { expression: 'max(unit_event_oldest_pending_seconds) > 900', for: '5m' },
  },
  ledger_unsigned: {
    severity: 'warning',
    means: 'Events of a ledger have had no signed checkpoint for an hour.',
    rule: { expression: 'max(ledger_oldest_unsigned_event_seconds) > 3600', for: '5m' },
  },
  certificate_expiring: {
    severity: 'warning',
    means: 'The certificate that a partner shows ends within 14 days; after that the partner is away.',
    rule: {
      expression: 'min by (partner) (partner_certificate_expiry_timestamp_seconds) - time() < 1209600',
      for: '10m',
    },
  },
} as const satisfies Record<string, Alarm & Required<Pick<Alarm, 'rule'>>>;

export type RaisedAlarm = keyof typeof RAISED;
type AlarmName = RaisedAlarm | keyof typeof MEASURED;

export const RAISED_ALARMS = Object.keys(RAISED) as readonly RaisedAlarm[];

/** Every alarm. Metrics, rules and docs/generated/alarms.md are made of it; each has a section in docs/guides/runbooks.md. */
export const ALARMS: Readonly<Record<AlarmName, Alarm>> = { ...RAISED, ...MEASURED };
