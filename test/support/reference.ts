/** What a reference in a document leads to. */
export function resolved<T extends object>(value: T, document: unknown): T {
  if (!('$ref' in value)) return value;
  const names = String(value.$ref).slice(2).split('/');
  return names.reduce((node: unknown, name) => (node as Record<string, unknown>)[name], document) as T;
}
