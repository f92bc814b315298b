// `.env` of the working folder, as the gateway's own programs read it: the environment wins. What else is wrong with it they say.
export function loadEnvFile() {
  const { ENV_FILE } = process.env;
  const file = ENV_FILE ?? '.env';
  if (file === '') return;
  try {
    process.loadEnvFile(file);
  } catch (error) {
    if (ENV_FILE === undefined && error.code === 'ENOENT') return;
    console.error(`${file} cannot be read (${error.code}).`);
    process.exit(78);
  }
}
