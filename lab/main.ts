import { labServers, PortTaken, startLab, type Lab } from './index';
import { readLabSettings } from './lab-settings';

/** The partner lab as a program: prints where its servers are, tells a parent over IPC, ends with its parent. */
async function main(): Promise<void> {
  const { gateway, ...options } = readLabSettings(process.env);
  const lab = await startLab(options);
  lab.connectGateway(gateway);
  for (const { name, url } of labServers(lab.urls)) console.log(`${name.padEnd(20)}${url}`);
  endsWithItsParent(lab);
  process.send?.({ ready: true, urls: lab.urls, environment: lab.environment() });
}

function endsWithItsParent(lab: Lab): void {
  let ending: Promise<void> | undefined;
  const end = (): void => {
    ending ??= lab.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', end).on('SIGINT', end).on('disconnect', end);
}

function fail(error: unknown): never {
  if (error instanceof PortTaken) {
    console.error(`The partner lab cannot start: ${error.message}. Set LAB_BASE_PORT to another first port.`);
  } else {
    console.error(`The partner lab cannot start: ${error instanceof Error ? error.message : String(error)}`);
  }
  process.exit(1);
}

main().catch(fail);
