import { z } from 'zod';
import { jsonOf } from '../../platform/outbound';
import {
  isCalendarDate,
  isPastDate,
  normalisePhoneNumber,
  readKtpDate,
  readNik,
} from '../../platform/indonesia';
import type { ApprovedKyc, CommonKycRecordDto } from '../common-kyc.dto';

/** What a reply to the look-up may be instead of a record: another phone number's, or in none of the documented forms. */
export type NoReply = 'foreign' | 'unusable';

/** All samples are empty strings, so any scalar is taken for what it says (partner page "Get KYC Data by Phone Number"). */
const scalar = z
  .union([z.string(), z.number().int().refine(Number.isSafeInteger).transform(String)])
  .nullish()
  .transform((value) => value?.trim() ?? '');
const findReply = z.object({
  data: z
    .union([
      z.object({
        id: scalar,
        client_id: scalar,
        phone_number: scalar,
        full_name: scalar,
        nik: scalar,
        date_of_birth: scalar,
        email: scalar,
        created_at: scalar,
      }),
      z.literal(''),
      z.array(z.never()).length(0),
    ])
    .nullish(),
});
/** Without its time zone a time would mean another instant on another machine. */
const instant = z.iso.datetime({ offset: true });
const storeReply = z.object({ meta: z.object({ id: z.string() }) });
const refusal = z.union([
  z.object({ meta: z.looseObject({}) }),
  z.strictObject({ data: z.unknown().optional() }),
]);
const REQUEST_ID = /^(?=.*[A-Za-z])[A-Za-z0-9._-]{1,64}$/;

/** The documented request body, in the partner's spelling. */
export function storeBody(clientId: string, kyc: ApprovedKyc, dateFormat: string): string {
  return JSON.stringify({
    client_id: clientId,
    phone_number: kyc.phoneNumber,
    full_name: kyc.fullName,
    nik: kyc.nik,
    date_of_birth: writeDate(kyc.dateOfBirth, dateFormat),
    email: kyc.email,
  });
}

/** The partner's id of a stored request, for asking about it later; null when it sent none that can be kept. */
export function requestIdIn(body: Buffer): string | null {
  const reply = storeReply.safeParse(jsonOf(body));
  return reply.success && REQUEST_ID.test(reply.data.meta.id) ? reply.data.meta.id : null;
}

/** Whether a success can be the partner's: `meta` means nothing (§6.5), but a page of HTML comes from something in between. */
export function isEmptyOrJson(body: Buffer): boolean {
  return body.length === 0 || jsonOf(body) !== undefined;
}

/** Whether the partner itself refuses: in the form of its answers (§2, §3), which a gateway in front of it does not know. */
export function isRefusal(body: Buffer): boolean {
  return refusal.safeParse(jsonOf(body)).success;
}

/**
 * The record in a 200 to the look-up of `phoneNumber`; null when there is none. `meta.status` ("sucess") and `meta.message` mean nothing
 * and are not read.
 */
export function readFound(
  body: Buffer,
  phoneNumber: string,
  dateFormat: string,
): CommonKycRecordDto | null | NoReply {
  const reply = findReply.safeParse(jsonOf(body));
  if (!reply.success) return 'unusable';
  const { data } = reply.data;
  if (data === undefined || data === null || data === '' || Array.isArray(data)) return null;
  if ([data.full_name, data.nik, data.date_of_birth, data.email].every((value) => value === '')) return null;
  if (normalisePhoneNumber(data.phone_number) !== phoneNumber) return 'foreign';
  const created = instant.safeParse(data.created_at);
  return {
    id: data.id || null,
    clientId: data.client_id || null,
    phoneNumber,
    fullName: data.full_name || null,
    nik: readNik(data.nik) === undefined ? null : data.nik,
    dateOfBirth: readDateOfBirth(data.date_of_birth, dateFormat),
    email: data.email || null,
    createdAt: created.success ? new Date(created.data).toISOString() : null,
  };
}

/** `1990-01-31` in the configured format. */
function writeDate(iso: string, format: string): string {
  const [year = '', month = '', day = ''] = iso.split('-');
  return format.replace('YYYY', year).replace('MM', month).replace('DD', day);
}

/** A date of birth; null for one that is not in the past. */
function readDateOfBirth(text: string, format: string): string | null {
  const date = readDate(text, format);
  return date !== null && isPastDate(date) ? date : null;
}

/**
 * The configured format, an ISO day with or without midnight (any other time may be another day where the person lives), or a date as
 * on a KTP: the record may be another business unit's, written otherwise. Null for anything else, and for what may be day or month first.
 */
function readDate(text: string, format: string): string | null {
  const parts = new RegExp(
    `^${format
      .replace(/[-/. ]/g, '\\$&')
      .replace('YYYY', '(?<year>\\d{4})')
      .replace('MM', '(?<month>\\d{2})')
      .replace('DD', '(?<day>\\d{2})')}$`,
  ).exec(text)?.groups;
  const iso =
    parts === undefined
      ? text.replace(/T00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/, '')
      : `${parts['year']}-${parts['month']}-${parts['day']}`;
  if (isCalendarDate(iso)) return iso;
  const isAmbiguous = parts !== undefined || format.startsWith('MM');
  return isAmbiguous ? null : (readKtpDate(text) ?? null);
}
