// Which pages have an island, and so load a script. All others are the same with and without JavaScript.
const withIsland = /^\/(membership|pricing|usage(\/[^/]+)?|docs(\/.*)?)$/;

export function mayHaveIsland(url: string): boolean {
  return withIsland.test(new URL(url).pathname);
}
