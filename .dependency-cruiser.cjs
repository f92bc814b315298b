/** The walls of the architecture (docs/adr says why): who may import whom. `npm run check` enforces them. */

const features = 'otp-webhook|common-kyc|gtf|satusehat|unit-events';
/** What specs beside classes start to reach those classes in a running gateway. */
const wholeProgram = '^src/in-process-gateway\\.fixture\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Modules that need each other are one module, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'features-never-each-other',
      comment: 'Features meet only in the ledger and in jobs.',
      severity: 'error',
      from: { path: `^src/(${features})/` },
      to: { path: `^src/(${features})/`, pathNot: '^src/$1/' },
    },
    {
      name: 'ledger-knows-no-feature',
      comment: 'features → kyc-ledger → auth, business-units → platform',
      severity: 'error',
      from: { path: '^src/kyc-ledger/' },
      to: { path: `^src/(${features}|operation)/` },
    },
    {
      name: 'auth-and-units-know-only-the-platform',
      comment: 'features → kyc-ledger → auth, business-units → platform',
      severity: 'error',
      from: { path: '^src/(auth|business-units)/' },
      to: { path: '^src/', pathNot: '^src/(auth|business-units|platform)/' },
    },
    {
      name: 'platform-knows-no-kyc',
      comment: 'The platform is the same for any program: configuration, database, HTTP, jobs, logs.',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/', pathNot: ['^src/platform/', wholeProgram] },
    },
    {
      name: 'operation-stands-beside-the-features',
      comment: 'Health and metrics ask modules through the platform, not by import.',
      severity: 'error',
      from: { path: '^src/operation/' },
      to: { path: '^src/', pathNot: '^src/(operation|auth|platform)/' },
    },
    {
      name: 'only-the-program-names-modules',
      comment: 'Files at the top of src compose the program; a module never reaches up to them.',
      severity: 'error',
      from: { path: '^src/[^/]+/' },
      to: { path: '^src/[^/]+\\.ts$', pathNot: wholeProgram },
    },
    {
      name: 'enter-a-module-by-its-index',
      comment: 'What index.ts does not export is private.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: '^src/[^/]+/',
        pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', '^src/platform/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'the-program-enters-by-the-index-too',
      comment: 'What index.ts does not export is private.',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/[^/]+/index\\.ts$', '^src/platform/[^/]+/index\\.ts$'] },
    },
    {
      name: 'enter-a-part-of-the-platform-by-its-index',
      comment: 'What index.ts does not export is private.',
      severity: 'error',
      from: { path: '^src/platform/([^/]+)/' },
      to: { path: '^src/platform/', pathNot: ['^src/platform/$1/', '^src/platform/[^/]+/index\\.ts$'] },
    },
    {
      name: 'partners-are-called-by-services',
      comment:
        'Controllers translate HTTP, guards judge, repositories store: none of them talks to a partner.',
      severity: 'error',
      from: { path: '^src/.*\\.(controller|guard|repository)\\.ts$' },
      to: { path: '/partner/' },
    },
    {
      name: 'wire-stays-with-the-partner',
      comment: "A partner's spelling and oddities are known to the client beside them and to nobody else.",
      severity: 'error',
      from: { path: '^(.+)/[^/]+$' },
      to: { path: '\\.wire\\.ts$', pathNot: '^$1/[^/]+$' },
    },
    {
      name: 'providers-are-named-by-the-registry',
      comment:
        'A provider of one-time codes is one folder and one line of the registry: nobody else reaches into it.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/otp-webhook/providers/[^/]+/', '/registry\\.ts$', '\\.spec\\.ts$'],
      },
      to: { path: '^src/otp-webhook/providers/[^/]+/' },
    },
    {
      name: 'providers-know-nothing-of-deliveries',
      comment:
        'A provider sends a message and reads a receipt; what follows from either is decided elsewhere.',
      severity: 'error',
      from: { path: '^src/otp-webhook/providers/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/otp-webhook/[^/]+/', pathNot: '^src/otp-webhook/providers/' },
    },
    {
      name: 'providers-never-each-other',
      comment: 'What two providers share stands in providers/ itself.',
      severity: 'error',
      from: { path: '^src/otp-webhook/providers/([^/]+)/' },
      to: { path: '^src/otp-webhook/providers/[^/]+/', pathNot: '^src/otp-webhook/providers/$1/' },
    },
    {
      name: 'the-lab-reads-the-partners-itself',
      comment:
        "The simulators hold their own reading of the partner's document; sharing code would hide a misreading.",
      severity: 'error',
      from: { path: '^lab/' },
      to: { path: '^(src|test|launch|bench|client|console)/' },
    },
    {
      name: 'the-program-stands-alone',
      comment: 'What runs in production knows nothing of the lab, the tests and the launcher.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.((integration|faults)\\.spec|fixture)\\.ts$' },
      to: { path: '^(lab|test|launch|bench|client|console)/' },
    },
    {
      name: 'tests-stand-outside',
      comment:
        'Tests in test/ speak HTTP, SMTP and SQL; what needs a class of the program is a spec beside that class.',
      severity: 'error',
      from: { path: '^test/' },
      to: { path: '^src/' },
    },
    {
      name: 'the-client-speaks-http',
      comment: 'What runs in a browser knows the gateway by its OpenAPI document alone.',
      severity: 'error',
      from: { path: '^(client|console|examples)/' },
      to: { path: '^(src|lab|launch|test|bench)/' },
    },
    {
      name: 'the-launcher-starts-programs',
      comment:
        'The launcher starts the gateway as a process, and the journey plays it from outside: neither shares its code.',
      severity: 'error',
      from: { path: '^launch/' },
      to: { path: '^(src|test|bench)/' },
    },
    {
      name: 'production-packages-only',
      comment: 'A production install leaves devDependencies out.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(spec|fixture)\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    // Types count: a wall that types may cross is none.
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@kyc-gateway/source', 'node', 'require', 'import', 'types', 'default'],
    },
    exclude: { path: '(^|/)(dist|coverage)/' },
  },
};
