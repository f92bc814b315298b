import type { RefusalCode } from '../api/refusal';

/** In words of ours; of every other refusal the gateway's own are shown. */
type Errors = { readonly title: string; readonly codes: Readonly<Partial<Record<RefusalCode, string>>> };

export const errorsInIndonesian: Errors = {
  title: 'Tidak berhasil',
  codes: {
    unreachable: 'Gateway tidak dapat dihubungi. Periksa jaringan, lalu coba lagi.',
    unexpected: 'Terjadi kesalahan di halaman ini.',
    unreadable: 'Jawaban gateway tidak dapat dibaca.',
    unauthorized: 'Kredensial tidak diterima.',
    rate_limited: 'Terlalu banyak percobaan. Tunggu sebentar, lalu coba lagi.',
    temporarily_unavailable: 'Data tidak dapat diakses saat ini. Coba lagi sebentar lagi.',
    partner_unavailable: 'Mitra tidak dapat dihubungi saat ini. Coba lagi nanti.',
    not_found: 'Tidak ditemukan di unit bisnis ini.',
    identity_not_found: 'Pengajuan ini tidak menyimpan identitas, atau orangnya sudah dihapus.',
    invalid_request: 'Isian tidak dapat diterima.',
    invalid_state: 'Status pengajuan tidak mengizinkan tindakan ini.',
    conflict: 'Sudah diputuskan dengan isi yang berbeda.',
    precondition_failed: 'Pengajuan berubah sejak Anda melihatnya. Periksa lagi sebelum memutuskan.',
    reason_required: 'Keputusan ini memerlukan alasan.',
    incomplete_data: 'Data belum lengkap: isi kolom yang kurang di bagian koreksi.',
    not_correctable: 'Nomor telepon yang sudah diverifikasi tidak dapat diubah.',
    person_restricted:
      'Orang ini meminta datanya dihapus: data hanya dapat dibaca dengan tujuan “legal-obligation”.',
    ambiguous_person: 'Nomor ini mengarah ke beberapa orang. Pilih salah satu.',
    events_not_configured: 'Unit bisnis ini belum mengatur alamat untuk peristiwa (EVENTS_URL).',
    partner_not_configured: 'Unit bisnis ini tidak punya kredensial untuk mitra tersebut.',
  },
};

export const errorsInEnglish: Errors = {
  title: 'That did not work',
  codes: {
    unreachable: 'The gateway cannot be reached. Check the network and try again.',
    unexpected: 'Something went wrong in this page.',
    unreadable: 'The gateway’s answer cannot be read.',
    unauthorized: 'The credential was not accepted.',
    rate_limited: 'Too many attempts. Wait a moment and try again.',
    temporarily_unavailable: 'The data cannot be reached right now. Try again in a moment.',
    partner_unavailable: 'The partner cannot be reached right now. Try again later.',
    not_found: 'There is no such thing in this business unit.',
    identity_not_found: 'The submission holds no identity, or the person was erased.',
    invalid_request: 'The input cannot be accepted.',
    invalid_state: 'The submission’s status does not allow this.',
    conflict: 'It was decided with other content already.',
    precondition_failed: 'The submission changed since you looked at it. Check it again before you decide.',
    reason_required: 'This decision needs a reason.',
    incomplete_data: 'Data is missing: fill in the fields under corrections.',
    not_correctable: 'The phone number was verified and cannot be changed.',
    person_restricted:
      'This person asked to be forgotten: their data can be read for the purpose “legal-obligation” alone.',
    ambiguous_person: 'The number leads to several people. Choose one of them.',
    events_not_configured: 'The business unit has no address for events (EVENTS_URL).',
    partner_not_configured: 'The business unit has no credentials for that partner.',
  },
};
