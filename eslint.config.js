import tseslint from "typescript-eslint"

/**
 * Which folder of src may import which: the data's way from image file to verified device
 * (docs/architecture.md shows the same table as a picture). `test/architecture.test.ts` proves
 * that these rules bite and that there is no import circle.
 */
export const layers = {
  protocol: [],
  image: ["protocol"],
  file: ["image", "protocol"],
  transport: ["protocol"],
  flow: ["protocol"],
  device: ["protocol", "transport", "image"],
  session: ["protocol", "transport"],
  plan: ["protocol", "image", "flow", "device"],
  doctor: ["device"],
  update: ["protocol", "image", "file", "flow", "plan", "device", "session", "transport"],
  journal: ["protocol", "plan", "device", "update"],
  recovery: ["protocol", "image", "file", "flow", "plan", "device", "session", "transport", "update", "journal"],
  sim: ["protocol", "image", "file", "transport", "device"],
  live: ["protocol", "image", "file", "transport", "device", "doctor", "update", "journal"],
  serve: ["protocol", "image", "file", "transport", "device", "sim", "live"],
  cli: [
    ...["protocol", "image", "file", "flow", "plan", "device", "session", "transport", "update", "journal"],
    ...["recovery", "doctor", "sim", "live", "serve"]
  ]
}

/** The edges: real ports and buses, simulated modems for other programs, and the process. */
const onNode = new Set(["live", "serve", "cli"])

/** Bytes and values only: no Node, no platform, no runtime services. */
const pure = new Set(["protocol", "image", "plan", "flow"])

const nodeOnly = [
  "node:*",
  "@effect/platform-node",
  "@effect/platform-node/**",
  "serialport",
  "@serialport/**",
  "usb",
  "@lydell/**"
]

const restrict = (folder, allowed) => {
  const forbidden = Object.keys(layers).filter((layer) => layer !== folder && !allowed.includes(layer))
  return [
    "error",
    {
      paths: [{ name: "effect", message: "import the module itself (effect/Effect): the barrel costs start-up time" }],
      patterns: [
        ...(forbidden.length === 0
          ? []
          : [
              {
                group: forbidden.map((layer) => `**/${layer}/**`),
                message: `src/${folder} may import only: ${[folder, ...allowed].join(", ")}`
              }
            ]),
        ...(onNode.has(folder)
          ? []
          : [
              {
                group: nodeOnly,
                message: `src/${folder} must run without Node: keep platform code in live, serve or cli`
              }
            ]),
        ...(pure.has(folder)
          ? [
              {
                group: ["effect/FileSystem", "effect/Layer", "effect/Fiber", "effect/Queue"],
                message: `src/${folder} is pure`
              }
            ]
          : []),
        { group: ["vitest", "@effect/vitest"], message: "tests only" }
      ]
    }
  ]
}

const noAmbient = [
  "error",
  ...[
    ["Date", "now"],
    ["Math", "random"],
    ["process", "env"]
  ].map(([object, property]) => ({ object, property, message: "use the Clock, Random or Config service" }))
]

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "fixtures/**", ".bench/**", ".lab/**", "test/package/consumer/**"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/no-empty-object-type": "off",
      "@typescript-eslint/unbound-method": "off",
      "require-yield": "off",
      "no-console": "error"
    }
  },
  { files: ["**/*.js", "**/*.mjs"], ...tseslint.configs.disableTypeChecked },
  {
    files: ["src/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 500, skipBlankLines: true }],
      "no-restricted-properties": noAmbient,
      "no-restricted-globals": ["error", "setTimeout", "setInterval", "setImmediate"]
    }
  },
  ...Object.entries(layers).map(([folder, allowed]) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: { "no-restricted-imports": restrict(folder, allowed) }
  })),
  { files: ["src/cli/**/*.ts"], rules: { "no-restricted-properties": "off" } },
  { files: ["scripts/**", "test/**"], rules: { "no-console": "off" } }
)
