import type { KycClient } from '@kyc-gateway/client';
import type { JSX, TargetedInputEvent } from 'preact';
import { type Dispatch, type StateUpdater, useState } from 'preact/hooks';
import { type Details, sharedDetails } from './kyc.ts';
import { useLanguage } from './language.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import { RefusalNote } from './refusal-note.tsx';

interface Props {
  readonly client: KycClient;
  readonly details: Details;
  readonly disabled: boolean;
  readonly onChange: Dispatch<StateUpdater<Details>>;
  readonly signIn: () => void;
}

/** The person's form. What the group knows of them is fetched when they ask for it: each such look is an event of the ledger. */
export function DetailsFields({ client, details, disabled, onChange, signIn }: Props): JSX.Element {
  const { t } = useLanguage();
  const [note, setNote] = useState<'asking' | 'known' | 'unknown' | Refusal>();

  const fill = async (): Promise<void> => {
    setNote('asking');
    try {
      const shared = await sharedDetails(client);
      if (shared !== undefined) onChange(shared);
      setNote(shared === undefined ? 'unknown' : 'known');
    } catch (error) {
      setNote(refusalOf(error));
    }
  };

  const field = (name: keyof Details) => ({
    name,
    value: details[name],
    disabled,
    onInput: ({ currentTarget }: TargetedInputEvent<HTMLInputElement>) =>
      onChange((all) => ({ ...all, [name]: currentTarget.value })),
  });
  return (
    <fieldset>
      <legend>{t.sections.details}</legend>
      <p class="note">{t.details.optional}</p>
      <button
        type="button"
        class="second"
        disabled={disabled || note === 'asking'}
        onClick={() => void fill()}
      >
        {t.details.fill}
      </button>
      {typeof note === 'string' ? (
        <p role="status" class="note">
          {note === 'asking' ? t.loading : t.details[note]}
        </p>
      ) : (
        note && <RefusalNote refusal={note} signIn={signIn} />
      )}
      <label>
        {t.details.fullName}
        <input {...field('fullName')} type="text" autocomplete="name" />
      </label>
      <label>
        {t.details.nik}
        <input {...field('nik')} type="text" inputMode="numeric" autocomplete="off" maxLength={16} />
      </label>
      <label>
        {t.details.dateOfBirth}
        <input {...field('dateOfBirth')} type="date" autocomplete="bday" />
      </label>
      <label>
        {t.details.email}
        <input {...field('email')} type="email" autocomplete="email" />
      </label>
    </fieldset>
  );
}
