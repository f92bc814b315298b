import { NativeSelect } from '@mantine/core';
import type { ReactElement } from 'react';
import { useTexts } from '../texts/language';

/** A filter by one of some words, or by none: ''. */
export function Choice<Value extends string>({
  label,
  words,
  value,
  onChoose,
}: {
  readonly label: string;
  readonly words: Readonly<Record<Value, string>>;
  readonly value: string;
  readonly onChoose: (value: Value | '') => void;
}): ReactElement {
  const { common } = useTexts();
  const options = Object.entries<string>(words).map(([name, text]) => ({ value: name, label: text }));
  return (
    <NativeSelect
      label={label}
      data={[{ value: '', label: common.all }, ...options]}
      value={value}
      onChange={({ currentTarget }) => onChoose(currentTarget.value as Value | '')}
    />
  );
}
