/** What `.env` of the working folder adds to the environment. */
export function loadEnvFile(): void;
