// Follows wasm-bindgen's glue in the one module that a page loads: fetches the wasm and wakes the page's islands.
// leptos' own script does the same from an inline script; this one needs no inline script and no name in the page.
async function start() {
  const [dues] = await Promise.all([import(import.meta.url), __wbg_init()]);
  dues.hydrate();
  // Outer islands first. One inside another's children is reached through <leptos-children>, whose callback puts
  // the context of the outer one in place.
  const wake = async (node, outer) => {
    const tag = node.localName;
    if (tag === "leptos-island") {
      outer?.();
      await dues[node.dataset.component](node);
    }
    const around = tag === "leptos-children" ? node.$$on_hydrate : outer;
    for (const child of node.children) await wake(child, around);
  };
  await wake(document.body);
}

start();
