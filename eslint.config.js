import js from '@eslint/js'
import prettier from 'eslint-config-prettier'
import tseslint from 'typescript-eslint'

const TIME = 'Take the Clock port, so that tests need not wait.'
const SDK = ['ec2', 'pricing', 'service-quotas', 'ssm', 'sts'].map((name) => `@aws-sdk/client-${name}`)
const HEAVY = ['execa', 'ora', 'inquirer', 'undici', 'yaml', 'ssh2', ...SDK]

/** @param {string} object @param {string} property @param {string} message */
const ban = (object, property, message) => ({ object, property, message })

const bans = [
  ban('process', 'exit', 'Throw a LabosError; the base command turns it into an exit.'),
  ban('process', 'env', 'Take it from src/cli/env.ts.'),
  ban('process', 'cwd', 'Take paths as parameters.'),
  ban('Date', 'now', TIME),
  ban('performance', 'now', TIME),
]

const NO_NOW = { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: TIME }

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'node_modules/', 'coverage/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-confusing-void-expression': 'off', // `() => act()` reads better than a block
      '@typescript-eslint/unbound-method': 'off', // ports are records of closures; nothing has a `this`
      '@typescript-eslint/only-throw-error': 'off', // an aborted signal's reason is `any` by its type
      '@typescript-eslint/prefer-promise-reject-errors': 'off', // the same
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'max-lines': ['error', 300],
      complexity: ['error', 13],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 60, skipComments: true }],
      'no-console': 'error',
      'no-restricted-properties': ['error', ...bans],
      'no-restricted-syntax': ['error', NO_NOW],
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'performance'].map((name) => ({ name, message: TIME })),
        { name: 'console', message: 'Emit an event, or render a result.' },
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: HEAVY.map((name) => ({
            name,
            message: 'Load it with await import() where it is used.',
            allowTypeImports: true,
          })),
        },
      ],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  // Real time, processes and environment come in here, and nowhere else.
  {
    files: ['src/adapters/**', 'src/cli/env.ts', 'src/keeper.ts', 'src/provider.ts', 'src/context.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off', 'no-restricted-syntax': 'off' },
  },
  // Files of one line that are only ever loaded with await import(): a rule test watches that.
  {
    files: ['src/adapters/yaml.ts', 'src/adapters/undici.ts', 'src/adapters/*/sdk*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  { files: ['src/commands/**'], rules: { 'no-restricted-exports': 'off' } }, // oclif wants a default export
  {
    files: ['test/**', 'bench/**', 'scripts/**', '*.config.*'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['mock', 'doMock', 'useFakeTimers'].map((name) => ban('vi', name, 'Pass a fake behind a port.')),
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off', // fakes of async ports
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      parserOptions: { projectService: false, project: false, program: null },
      globals: {
        setInterval: 'readonly',
        clearInterval: 'readonly',
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        Buffer: 'readonly',
        AbortController: 'readonly',
        require: 'readonly',
        __dirname: 'readonly',
        __filename: 'readonly',
      },
    },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  prettier,
)
