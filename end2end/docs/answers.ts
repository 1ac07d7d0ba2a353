// Compares the output of a code block with the answer that the page prints below it.

/** Stands for any text, at the beginning, in the middle or at the end of a string; alone in a list for more items. */
const anything = "…";

/**
 * Lists where `actual` differs from `stated`. Fields that are not stated may exist. `path` names the place.
 */
export function differences(stated: unknown, actual: unknown, path = "answer"): string[] {
  if (typeof stated === "string" && typeof actual === "string" && stated.includes(anything)) {
    return matches(stated, actual) ? [] : [`${path} is ${JSON.stringify(actual)}, the page says ${stated}`];
  }
  if (Array.isArray(stated)) return listDifferences(stated, actual, path);
  if (isObject(stated)) {
    if (!isObject(actual)) return [`${path} is ${JSON.stringify(actual)}, the page says an object`];
    return Object.entries(stated).flatMap(([key, value]) =>
      key in actual ? differences(value, actual[key], `${path}.${key}`) : [`${path}.${key} is missing`],
    );
  }
  if (Object.is(stated, actual)) return [];
  return [`${path} is ${JSON.stringify(actual)}, the page says ${JSON.stringify(stated)}`];
}

function listDifferences(stated: unknown[], actual: unknown, path: string): string[] {
  if (!Array.isArray(actual)) return [`${path} is ${JSON.stringify(actual)}, the page says a list`];
  const isOpen = stated.at(-1) === anything;
  const items = isOpen ? stated.slice(0, -1) : stated;
  if (actual.length < items.length || (!isOpen && actual.length > items.length)) {
    return [`${path} has ${actual.length} items, the page says ${items.length}${isOpen ? " or more" : ""}`];
  }
  return items.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.split(anything).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`, "s").test(text);
}

/** Parses the output of a block: all of it is one JSON document, or its last line is. */
export function parseAnswer(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");
  }
}
