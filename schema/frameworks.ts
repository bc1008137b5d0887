/** Which variables a framework puts into the browser's code, by the beginning of their names. */

export type Framework = {
  readonly name: string;
  /** The packages that say that an app uses it. */
  readonly packages: readonly string[];
  readonly prefixes: readonly string[];
};

/** Those that are built on another one stand before it: the first that an app uses is the one that counts. */
export const FRAMEWORKS: readonly Framework[] = [
  { name: "Next.js", packages: ["next"], prefixes: ["NEXT_PUBLIC_"] },
  { name: "Nuxt", packages: ["nuxt", "nuxt3", "nuxt-edge"], prefixes: ["NUXT_PUBLIC_", "NUXT_ENV_"] },
  { name: "SvelteKit", packages: ["@sveltejs/kit"], prefixes: ["PUBLIC_", "VITE_"] },
  { name: "Astro", packages: ["astro"], prefixes: ["PUBLIC_"] },
  { name: "Gatsby", packages: ["gatsby"], prefixes: ["GATSBY_"] },
  { name: "Expo", packages: ["expo"], prefixes: ["EXPO_PUBLIC_"] },
  { name: "Qwik", packages: ["@builder.io/qwik", "@qwik.dev/core"], prefixes: ["PUBLIC_", "VITE_"] },
  { name: "RedwoodJS", packages: ["@redwoodjs/core"], prefixes: ["REDWOOD_ENV_"] },
  { name: "Create React App", packages: ["react-scripts"], prefixes: ["REACT_APP_"] },
  { name: "Vue CLI", packages: ["@vue/cli-service"], prefixes: ["VUE_APP_"] },
  { name: "Rsbuild", packages: ["@rsbuild/core"], prefixes: ["PUBLIC_"] },
  { name: "Vite", packages: ["vite", "rolldown-vite", "@solidjs/start", "vinxi"], prefixes: ["VITE_"] },
];

/** @param packages the names of an app's dependencies, those of its development among them */
export function detectFramework(packages: ReadonlySet<string>): Framework | null {
  return FRAMEWORKS.find((framework) => framework.packages.some((name) => packages.has(name))) ?? null;
}

export function publishes({ prefixes }: Framework, variable: string): boolean {
  return prefixes.some((prefix) => variable.startsWith(prefix));
}

/** The frameworks that would publish a variable of this name. */
export function publishersOf(variable: string): string[] {
  return FRAMEWORKS.filter((framework) => publishes(framework, variable)).map(({ name }) => name);
}
