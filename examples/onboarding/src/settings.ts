/** Where everything is. The server of the page answers it, so that one build serves every environment. */
export interface Settings {
  /** The gateway, whose `BU_<BU>_ALLOWED_ORIGINS` names the origin of this page. */
  readonly gateway: string;
  /** SIMAS-ID: the `iss` of its tokens. */
  readonly issuer: string;
  /** The business unit's public client at SIMAS-ID. */
  readonly clientId: string;
}

export async function readSettings(): Promise<Settings> {
  const answer = await fetch('./settings.json');
  if (!answer.ok) throw new Error(`settings.json: ${answer.status}`);
  return (await answer.json()) as Settings;
}
