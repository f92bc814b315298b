// `npm run init -- --unit ID …`: writes .env (src/init.ts).
import { run } from './built.mjs';

await run('init', process.env);
