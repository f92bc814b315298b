import type { KycClient } from '@kyc-gateway/client';
import type { JSX, TargetedSubmitEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { DetailsFields } from './details.tsx';
import { type Details, DOCUMENTS, type Submission } from './kyc.ts';
import { useLanguage } from './language.ts';
import { sendDetails } from './own-back-end.ts';
import { type Flaw, flawOf } from './picture.ts';
import { PictureField } from './picture-field.tsx';
import { RefusalNote } from './refusal-note.tsx';
import { useSending } from './sending.ts';

const NO_DETAILS: Details = { fullName: '', nik: '', dateOfBirth: '', email: '' };

interface Props {
  readonly client: KycClient;
  /** Opened before, and not handed in yet. */
  readonly begun: Submission | undefined;
  readonly onHandedIn: (submission: Submission) => void;
  readonly signIn: () => void;
}

export function Form({ client, begun, onHandedIn, signIn }: Props): JSX.Element {
  const { t } = useLanguage();
  const [details, setDetails] = useState(NO_DETAILS);
  const [pictures, setPictures] = useState<ReadonlyMap<string, File>>(new Map());
  const [flaws, setFlaws] = useState<ReadonlyMap<string, Flaw | 'missing'>>(new Map());
  // A submission was opened with the person's consent.
  const [agreed, setAgreed] = useState(begun !== undefined);
  const [refusedTries, setRefusedTries] = useState(0);
  const sending = useSending(client, begun, (submission) => {
    void sendDetails(submission.id, details);
    onHandedIn(submission);
  });
  const form = useRef<HTMLFormElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    if (refusedTries > 0) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [refusedTries]);

  const lacksConsent = refusedTries > 0 && !agreed;
  const isSending = sending.progress !== undefined;
  const begunDocuments = sending.submission?.documents;
  const documents = begunDocuments?.map(({ type }) => type) ?? DOCUMENTS;
  const isUploaded = (document: string): boolean =>
    begunDocuments?.some(({ type, state }) => type === document && state === 'uploaded') ?? false;

  const pick = async (document: string, file: File | undefined): Promise<void> => {
    setPictures((all) => changed(all, document, file));
    const flaw = file && (await flawOf(file));
    setFlaws((all) => changed(all, document, flaw));
  };

  /** What can be seen here need not be sent to be refused. */
  const isComplete = async (): Promise<boolean> => {
    let found: ReadonlyMap<string, Flaw | 'missing'> = new Map();
    for (const document of documents) {
      const file = pictures.get(document);
      if (file) found = changed(found, document, await flawOf(file));
      else if (!isUploaded(document)) found = changed(found, document, 'missing');
    }
    setFlaws(found);
    return agreed && found.size === 0;
  };

  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (isSending) return;
    if (await isComplete()) await sending.send(pictures);
    else setRefusedTries(refusedTries + 1);
  };

  return (
    <form ref={form} noValidate onSubmit={(event) => void submit(event)}>
      <h1 ref={heading} tabIndex={-1}>
        {t.title}
      </h1>
      <fieldset>
        <legend>{t.sections.consent}</legend>
        <label class="check">
          <input
            type="checkbox"
            checked={agreed}
            disabled={isSending || sending.submission !== undefined}
            aria-invalid={lacksConsent}
            aria-describedby="consent-note"
            onChange={({ currentTarget }) => setAgreed(currentTarget.checked)}
          />
          <span>{t.consent}</span>
        </label>
        <p id="consent-note" class="flaw">
          {lacksConsent && t.consentNeeded}
        </p>
      </fieldset>
      <DetailsFields
        client={client}
        details={details}
        disabled={isSending}
        onChange={setDetails}
        signIn={signIn}
      />
      <fieldset>
        <legend>{t.sections.pictures}</legend>
        {documents.map((document) => (
          <PictureField
            key={document}
            document={document}
            file={pictures.get(document)}
            flaw={flaws.get(document)}
            uploaded={isUploaded(document)}
            disabled={isSending}
            onPick={(file) => void pick(document, file)}
          />
        ))}
      </fieldset>
      {sending.refusal && <RefusalNote refusal={sending.refusal} signIn={signIn} />}
      {isSending ? (
        <div class="sending">
          <p role="status">{t.sending}</p>
          <progress aria-label={t.progress} max={1} value={sending.progress} />
          <button type="button" class="second" onClick={sending.cancel}>
            {t.cancel}
          </button>
        </div>
      ) : (
        <button type="submit">{t.submit}</button>
      )}
    </form>
  );
}

/** A map with one entry set, or without it. */
function changed<T>(map: ReadonlyMap<string, T>, name: string, value: T | undefined): ReadonlyMap<string, T> {
  const next = new Map(map);
  if (value === undefined) next.delete(name);
  else next.set(name, value);
  return next;
}
