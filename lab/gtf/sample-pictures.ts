import { sampleImage } from './image-mark';
import type { ScenarioName } from './scenarios';

/** Letters of 3 × 5 dots: a row is an octal digit. */
const LETTERS: Readonly<Record<string, string>> = {
  ...{ A: '25755', B: '65656', C: '34443', D: '65556', E: '74647', F: '74644', G: '34553', H: '55755' },
  ...{ I: '72227', J: '11152', K: '55655', L: '44447', M: '57755', N: '65555', O: '25552', P: '65644' },
  ...{ Q: '25573', R: '65655', S: '34216', T: '72222', U: '55557', V: '55552', W: '55775', X: '55255' },
  ...{ Y: '55222', Z: '71247', '/': '11244', _: '00007' },
};
const [INK, PAPER, SHAPE] = [0x20, 0xf0, 0xb8];

export type SampleKind = 'ktp' | 'selfie';

/** A drawing that nobody takes for a person's document; the card's carries the mark that orders its scenario. */
export function samplePicture(kind: SampleKind, scenario: ScenarioName): Buffer {
  const [width, height] = kind === 'ktp' ? [640, 400] : [480, 640];
  const canvas = new Canvas(width, height);
  if (kind === 'ktp') {
    canvas.rectangle(12, 12, width - 24, height - 24, PAPER);
    canvas.rectangle(460, 152, 140, 120, SHAPE);
  } else {
    canvas.rectangle(0, 0, width, height, PAPER);
    canvas.ellipse(225, 105, 140);
    canvas.ellipse(height, 200, 243);
  }
  const lines = ['CONTOH / SAMPLE', kind === 'ktp' ? 'KTP' : 'SWAFOTO / SELFIE', scenario];
  lines.forEach((text, index) => canvas.text(text, (height * (index + 0.8)) / (lines.length + 1)));
  return sampleImage(kind === 'ktp' ? { scenario } : {}, width, height, canvas.dots);
}

class Canvas {
  readonly dots: Buffer;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.dots = Buffer.alloc(width * height, SHAPE);
  }

  rectangle(x: number, y: number, width: number, height: number, shade: number): void {
    for (let row = Math.round(y); row < Math.round(y + height); row += 1) {
      const start = row * this.width + Math.round(x);
      this.dots.fill(shade, start, start + Math.round(width));
    }
  }

  /** In the middle across; what lies below the picture is left out. */
  ellipse(middle: number, halfWidth: number, halfHeight: number): void {
    for (let y = middle - halfHeight; y < Math.min(middle + halfHeight, this.height); y += 1) {
      const half = halfWidth * Math.sqrt(1 - ((y - middle) / halfHeight) ** 2);
      this.rectangle(this.width / 2 - half, y, 2 * half, 1, SHAPE);
    }
  }

  text(text: string, y: number): void {
    const dot = Math.min(10, Math.floor((this.width * 0.94) / (text.length * 4)));
    const left = (this.width - text.length * 4 * dot) / 2;
    [...text].forEach((letter, index) => {
      [...(LETTERS[letter] ?? '')].forEach((bits, row) => {
        for (let column = 0; column < 3; column += 1) {
          if (((Number(bits) >> (2 - column)) & 1) === 0) continue;
          this.rectangle(left + (index * 4 + column) * dot, y + row * dot, dot, dot, INK);
        }
      });
    });
  }
}
