import { type FileHandle, open } from 'node:fs/promises';

/** Appends each as a line of JSON, on disk when it returns. Half a line, of a crash or a full disk, stays a line of its own. */
export async function appendLines(path: string, contents: readonly object[], mode: number): Promise<void> {
  const file = await open(path, 'a+', mode);
  try {
    const lines = contents.map((content) => `${JSON.stringify(content)}\n`).join('');
    await file.appendFile((await endsInALine(file)) ? lines : `\n${lines}`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function endsInALine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === '\n';
}
