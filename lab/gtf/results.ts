import { SAMPLE_KTP, type KtpData } from './ktp-data';
import type { ObjectStorage } from './object-storage';
import { SIV, type GtfBehaviour, type GtfSubmission } from './state';

type Json = Record<string, unknown>;

/** Builds what GTF says about a submission: the callback's body and the details (gtf.md §3.5, §4, §5). */
export class Results {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly behaviour: GtfBehaviour,
  ) {}

  callbackBody(submission: GtfSubmission): Json {
    if (submission.type === SIV) return this.siv(submission);
    return {
      submissionId: submission.id,
      status: submission.status,
      result: submission.result,
      reasonCode: submission.reasonCode ?? '',
    };
  }

  /** §4: the same object in the callback and in the details. */
  siv(submission: GtfSubmission): Json {
    const { id, userId, userIdType, partnerSessionId, status, result, reasonCode, processedAt } = submission;
    return {
      submissionId: id,
      flow: submission.type,
      userId,
      userIdType,
      partnerSessionId,
      status,
      ...(result === null ? {} : { result }),
      ...(reasonCode === null ? {} : { reasonCode }),
      ...(processedAt === null ? {} : { processedAt }),
      ...(result === null ? {} : { submissionDetails: this.#sivDetails(submission) }),
    };
  }

  coe(submission: GtfSubmission): Json {
    const { id, partnerSessionId, status, result, reasonCode, processedAt } = submission;
    // The page's ERROR example holds these two fields and nothing else.
    if (status === 'ERROR' && this.behaviour.quirks) return { status, reasonCode };
    const done = result !== null;
    return {
      status,
      submissionId: id,
      ...(done ? { flow: submission.type } : {}),
      partnerSessionId,
      ...(done ? { result, reasonCode: reasonCode ?? '' } : {}),
      ...(processedAt === null ? {} : { processedAt }),
      submissionDetails: {
        imageUrls: this.#imageUrls(submission, (key) => key.toLowerCase()),
        ...(done ? coeFindings(submission) : {}),
      },
    };
  }

  #sivDetails(submission: GtfSubmission): Json {
    const imageUrls = this.#imageUrls(submission, (key) => key);
    if (submission.result !== 'VALID') {
      return {
        ...(submission.reasonCode === 'DUKCAPIL_REJECTED' ? { verificationResult: checks('FAIL') } : {}),
        rejectionReasonTranslations: {
          en_ID: { title: 'Verification rejected', message: 'The identity could not be verified' },
          id_ID: { title: 'Proses verifikasi ditolak', message: 'Identitas tidak dapat diverifikasi' },
        },
        imageUrls,
      };
    }
    const certificate = {
      registrationId: submission.id,
      eligibleToActivate: true,
      onboardingCode: 'NEW_USER',
      shouldSkipActivation: true,
    };
    return {
      verificationResult: checks('PASS'),
      ktpData: cardOf(submission),
      ...(submission.status === 'COMPLETED' ? { certificateRegistration: certificate } : {}),
      imageUrls,
    };
  }

  /** Presigned for five days in the partner's example: never a permanent link (§4). */
  #imageUrls(submission: GtfSubmission, name: (key: string) => string): Record<string, string> {
    const { imageUrl } = this.behaviour.lifetimes;
    return Object.fromEntries(
      Object.keys(submission.documents).map((key) => [
        name(key),
        this.storage.presign('GET', submission, key, imageUrl),
      ]),
    );
  }
}

function cardOf(submission: GtfSubmission): KtpData {
  return { ...SAMPLE_KTP, ...submission.ktp };
}

function checks(outcome: 'PASS' | 'FAIL'): Record<'nik' | 'name' | 'dateOfBirth' | 'selfie', string> {
  return { nik: outcome, name: outcome, dateOfBirth: outcome, selfie: 'PASS' };
}

/**
 * Published for FACE_VERIFICATION only (§3.5). Assumed: the other face types hold their part of it, and the types
 * that read a card add `ktpData` in the form of §4.
 */
function coeFindings(submission: GtfSubmission): Json {
  const { type, reasonCode, result } = submission;
  const liveness = { result: reasonCode !== 'NOT_LIVE', version: '4.0.0' };
  const matched = reasonCode !== 'FACE_MATCH_FAILED';
  const faceMatch = {
    score: matched ? 0.8758860297206551 : 0.2758860297206551,
    result: matched,
    version: '2.3.0',
  };
  const cardRefused = reasonCode === 'REFERENCE_IMAGE_VALIDATION_FAILED' || reasonCode === 'NOT_EKTP';
  const ktp = cardRefused
    ? { verificationResult: false, verificationReasonCode: 'NOT_EKTP' }
    : { verificationResult: true };
  const { selfie, ...onCard } = checks('PASS');
  const card = result === 'VALID' ? { ktpData: cardOf(submission), verificationResult: onCard } : {};
  switch (type) {
    case 'STANDALONE_LIVENESS':
      return { verificationResults: { liveness } };
    case 'FACE_MATCH':
      return { verificationResults: { faceMatch } };
    case 'KTP_SCAN':
      return { verificationResults: { referenceImageValidation: { ktp } }, ...card };
    case 'KYC_LITE':
      return {
        verificationResults: { faceMatch, liveness, referenceImageValidation: { ktp } },
        ...card,
        ...(result === 'VALID' ? { verificationResult: { ...onCard, selfie } } : {}),
      };
    case 'FACE_VERIFICATION':
    case 'ON_DEMAND_FR':
    case SIV:
      return { verificationResults: { faceMatch, liveness, referenceImageValidation: { ktp } } };
  }
}
