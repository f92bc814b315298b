import { declarations, variablesOfOthers } from './app.module';
import { unknownVariables } from './platform/config';

const UNITS = ['nanovest', 'sim-invest'];

function problems(...names: string[]): string[] {
  const raw = Object.fromEntries(names.map((name) => [name, 'x']));
  return unknownVariables(declarations, UNITS, variablesOfOthers, raw);
}

/** What is found in the environment of shells, containers, orchestrators, CI and package managers. */
const ORDINARY = `
PATH HOME USER SHELL TERM LANG LC_ALL LC_CTYPE TZ PWD OLDPWD SHLVL _ MAIL EDITOR HOSTNAME LOGNAME LS_COLORS TMPDIR TEMP_DIR DEBUG
SSH_TTY SSH_CLIENT SSH_CONNECTION SSH_AUTH_SOCK GPG_KEY GPG_TTY XDG_DATA_DIRS XDG_DATA_HOME XDG_RUNTIME_DIR XDG_SESSION_ID
DBUS_SESSION_BUS_ADDRESS COLORTERM TERM_PROGRAM TERM_PROGRAM_VERSION VSCODE_IPC_HOOK_CLI VSCODE_GIT_ASKPASS_NODE WSL_DISTRO_NAME WSLENV
NODE NODE_VERSION NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED NODE_NO_WARNINGS NODE_CHANNEL_FD NODE_DEBUG
NODE_CHANNEL_SERIALIZATION_MODE NODE_UNIQUE_ID NODE_REPL_HISTORY NODE_PENDING_DEPRECATION NODE_COMPILE_CACHE NODE_AUTH_TOKEN NODE_HOME
NPM_TOKEN NPM_CONFIG_CACHE YARN_VERSION COREPACK_HOME NVM_DIR NVM_BIN INIT_CWD npm_config_registry npm_config_user_agent npm_execpath
npm_lifecycle_event npm_lifecycle_script npm_node_execpath npm_package_json npm_package_name npm_package_version npm_config_node_gyp
UV_THREADPOOL_SIZE FORCE_COLOR NO_COLOR JEST_WORKER_ID OPENSSL_CONF SSL_CERT_FILE SSL_CERT_DIR
HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy
CI CI_JOB_ID CI_COMMIT_SHA CI_PROJECT_DIR CI_SERVER_URL CI_REGISTRY_USER CI_PIPELINE_URL GITHUB_ACTIONS GITHUB_TOKEN GITHUB_SHA RUNNER_OS
RUNNER_TEMP BUILD_ID BUILD_NUMBER BUILD_URL JOB_NAME JOB_URL JENKINS_URL WORKSPACE DRONE_BUILD_NUMBER CIRCLE_SHA1 TF_BUILD
KUBERNETES_PORT KUBERNETES_PORT_443_TCP KUBERNETES_PORT_443_TCP_ADDR KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT_HTTPS
POD_NAME POD_NAMESPACE POD_IP NODE_NAME NODE_IP ECS_CONTAINER_METADATA_URI_V4 AWS_REGION AWS_ROLE_ARN AWS_EXECUTION_ENV
AWS_WEB_IDENTITY_TOKEN_FILE GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT K_SERVICE K_REVISION AZURE_CLIENT_ID WEBSITE_HOSTNAME
DYNO DATABASE_CONNECTION_POOL_URL WEB_CONCURRENCY CF_INSTANCE_INDEX VCAP_SERVICES FLY_APP_NAME RENDER_SERVICE_ID NOMAD_ALLOC_ID
INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET LISTEN_FDS LISTEN_PID WATCHDOG_USEC CREDENTIALS_DIRECTORY STATE_DIRECTORY LOGS_DIRECTORY
PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGSSLMODE PGDATA PG_MAJOR PG_VERSION POSTGRES_USER POSTGRES_DB POSTGRES_PASSWORD POSTGRES_HOST
OTEL_SERVICE_NAME OTEL_EXPORTER_OTLP_ENDPOINT OTEL_TRACES_SAMPLER DD_AGENT_HOST DD_ENV DD_SERVICE SENTRY_DSN NEW_RELIC_LICENSE_KEY
JAVA_HOME GOPATH PYTHONPATH VIRTUAL_ENV DOCKER_HOST DOCKER_CONFIG COMPOSE_PROJECT_NAME COMPOSE_PROFILES container PUBLIC_IP LOG_FORMAT LOG_FILE
DATA_DIR LAB LAB_BASE_PORT LAB_STATE_DIR
`
  .trim()
  .split(/\s+/);

describe('Variables that nothing reads', () => {
  it.each([
    ['LOG_LEVL', 'LOG_LEVEL'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_URL_FIEL', 'DATABASE_URL_FILE'],
    ['PUBLIC_ULR', 'PUBLIC_URL'],
    ['TRUST_PROXIES', undefined],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
    ['BUSINES_UNITS', 'BUSINESS_UNITS'],
    ['LEDGER_SINGING_KEY', 'LEDGER_SIGNING_KEY'],
    ['LAB_BASE_PROT', 'LAB_BASE_PORT'],
    ['BU_NANOVEST_API_CREDENTIAL', 'BU_NANOVEST_API_CREDENTIALS'],
    ['BU_NANVEST_API_CREDENTIALS', 'BU_NANOVEST_API_CREDENTIALS'],
    ['BU_SIM_INVEST_OTP_WEBHOOK_CREDENTIALS_FILES', 'BU_SIM_INVEST_OTP_WEBHOOK_CREDENTIALS_FILE'],
  ])('are told by a letter or two: %s was meant as %s', (name, meant) =>
    expect(problems(name)).toEqual(
      meant === undefined ? [] : [`${name} is not known: did you mean ${meant}?`],
    ),
  );

  it.each(['BU_GHOST_API_CREDENTIALS', 'BU_NANOVEST_COLOUR_OF_THE_DOOR', 'BU_LOG_LEVEL'])(
    'are told when they are of a unit: %s',
    (name) =>
      expect(problems(name)).toEqual([`${name} is not known: no unit of BUSINESS_UNITS has such a variable`]),
  );

  it('are not guessed at when the units themselves are not known', () =>
    expect(unknownVariables(declarations, [], [], { BU_NANOVEST_API_CREDENTIALS: 'x' })).toEqual([]));

  it('are none of ours when a shell, a container or an orchestrator sets them', () =>
    expect(problems(...ORDINARY)).toEqual([]));

  it('are none of ours when a cluster sets them for a service that is called like us', () => {
    const injected = [
      'BU_NANOVEST_SERVICE_HOST',
      'BU_NANOVEST_SERVICE_PORT',
      'BU_NANOVEST_SERVICE_PORT_HTTP',
      'BU_NANOVEST_PORT_3000_TCP_ADDR',
      'METRIC_PORT_9464_TCP',
    ];
    expect(problems(...injected)).toEqual([]);
    const raw = { METRIC_PORT: 'tcp://10.0.0.1:9464', BU_NANOVEST_PORT: 'tcp://10.0.0.1:3000' };
    expect(unknownVariables(declarations, UNITS, variablesOfOthers, raw)).toEqual([]);
  });

  it('count only when they are set to something', () =>
    expect(unknownVariables(declarations, UNITS, [], { LOG_LEVL: '' })).toEqual([]));
});
