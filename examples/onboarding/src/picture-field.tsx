import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLanguage } from './language.ts';
import { type Flaw, TYPES } from './picture.ts';

interface Props {
  readonly document: string;
  readonly file: File | undefined;
  readonly flaw: Flaw | 'missing' | undefined;
  /** The gateway has one. */
  readonly uploaded: boolean;
  readonly disabled: boolean;
  readonly onPick: (file: File | undefined) => void;
}

/** One photograph: the camera on a telephone, or a file. */
export function PictureField({ document, file, flaw, uploaded, disabled, onPick }: Props): JSX.Element {
  const { t } = useLanguage();
  const input = useRef<HTMLInputElement>(null);
  const id = `picture-${document}`;

  const fromGallery = (): void => {
    // Without `capture` a telephone offers its pictures instead of its camera.
    const { current } = input;
    current?.removeAttribute('capture');
    current?.click();
    current?.setAttribute('capture', captureOf(document));
  };

  return (
    <div class="picture">
      <label for={id}>{t.documents[document] ?? document}</label>
      <input
        ref={input}
        id={id}
        type="file"
        accept={TYPES.join(',')}
        capture={captureOf(document)}
        disabled={disabled}
        aria-invalid={flaw !== undefined}
        aria-describedby={`${id}-note`}
        onChange={({ currentTarget }) => onPick(currentTarget.files?.[0])}
      />
      <button type="button" class="second gallery" disabled={disabled} onClick={fromGallery}>
        {t.fromGallery}
      </button>
      <div id={`${id}-note`}>
        {flaw !== undefined ? (
          <p class="flaw">{t.flaws[flaw]}</p>
        ) : (
          <p class="note">{uploaded ? t.alreadyUploaded : `${t.advice[document] ?? ''} ${t.pictureRules}`}</p>
        )}
      </div>
      {file !== undefined && flaw === undefined && <Preview file={file} />}
    </div>
  );
}

function captureOf(document: string): 'environment' | 'user' {
  return document === 'KTP' ? 'environment' : 'user';
}

/** The browser turns it as its EXIF says (`image-orientation: from-image`); the file itself is uploaded as it is. */
function Preview({ file }: { readonly file: File }): JSX.Element | null {
  const { t } = useLanguage();
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url === undefined ? null : <img src={url} alt={`${t.preview}: ${file.name}`} />;
}
