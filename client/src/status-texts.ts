import type { components } from '../generated/api.ts';

export type SubmissionStatus = components['schemas']['SubmissionStatus'];

/** How a submission's status reads for the person it is about, and what follows from it. */
export interface StatusText {
  readonly title: string;
  readonly detail: string;
}

const text = (title: string, detail: string): StatusText => ({ title, detail });

/** Indonesian and English. */
export const statusTexts: Readonly<Record<'id' | 'en', Readonly<Record<SubmissionStatus, StatusText>>>> = {
  id: {
    open: text('Belum lengkap', 'Lengkapi data dan dokumen Anda.'),
    processing: text('Sedang diperiksa', 'Biasanya selesai dalam beberapa menit.'),
    verified: text('Terverifikasi', 'Identitas Anda cocok.'),
    declined: text(
      'Tidak terverifikasi',
      'Data atau foto Anda tidak cocok. Periksa KTP Anda, lalu coba lagi.',
    ),
    error: text('Gagal diperiksa', 'Terjadi gangguan teknis. Coba lagi nanti.'),
    unrecognised: text('Perlu ditinjau', 'Petugas kami akan memeriksanya.'),
    stale: text('Tertunda', 'Hasilnya belum kami terima. Petugas kami akan memeriksanya.'),
    approved: text('Disetujui', 'Identitas Anda disetujui.'),
    rejected: text('Ditolak', 'Pengajuan Anda ditolak. Hubungi kami untuk penjelasan.'),
    shared: text('Selesai', 'Identitas Anda disetujui dan tersimpan.'),
    share_failed: text('Disetujui', 'Identitas Anda disetujui. Penyimpanannya akan diulang.'),
  },
  en: {
    open: text('Not complete', 'Add your data and documents.'),
    processing: text('Being checked', 'This usually takes a few minutes.'),
    verified: text('Verified', 'Your identity matches.'),
    declined: text('Not verified', 'Your data or photos do not match. Check your KTP and try again.'),
    error: text('Could not be checked', 'Something failed on the way. Try again later.'),
    unrecognised: text('Needs a review', 'One of our officers will look at it.'),
    stale: text('Delayed', 'The result has not arrived. One of our officers will look at it.'),
    approved: text('Approved', 'Your identity is approved.'),
    rejected: text('Rejected', 'Your submission was rejected. Contact us to learn why.'),
    shared: text('Done', 'Your identity is approved and stored.'),
    share_failed: text('Approved', 'Your identity is approved. Storing it will be tried again.'),
  },
};
