import { Button, TextInput } from '@mantine/core';
import { type ReactElement, useId, useState } from 'react';
import { useTexts } from '../texts/language';

/** What officers usually read for; any plain words will do. */
const USUAL = ['manual-review', 'customer-request', 'audit', 'legal-obligation'];

/** Personal data is shown only to those who say why, and the gateway records it. */
export function PurposeForm({
  action,
  busy,
  onRead,
}: {
  readonly action: string;
  readonly busy: boolean;
  readonly onRead: (purpose: string) => void;
}): ReactElement {
  const { identity } = useTexts();
  const [purpose, setPurpose] = useState('');
  const list = useId();
  return (
    <form
      className="one-field"
      onSubmit={(event) => {
        event.preventDefault();
        onRead(purpose.trim());
      }}
    >
      <TextInput
        label={identity.purpose}
        description={identity.purposeHint}
        list={list}
        autoComplete="off"
        required
        maxLength={200}
        value={purpose}
        onChange={({ currentTarget }) => setPurpose(currentTarget.value)}
      />
      <datalist id={list}>
        {USUAL.map((word) => (
          <option key={word} value={word} />
        ))}
      </datalist>
      <Button type="submit" variant="light" loading={busy}>
        {action}
      </Button>
    </form>
  );
}
