// Loads the wasm and hydrates the page's islands. It is appended to wasm-bindgen's glue in the page's only module.
// Leptos' script does the same inline. This one needs neither an inline script nor file names in the page.
async function start() {
  const [dues] = await Promise.all([import(import.meta.url), __wbg_init()]);
  dues.hydrate();
  // Outer islands first. An island inside another's children is reached through <leptos-children>, whose callback
  // restores the outer island's context.
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
