/** End every transition and animation and let none begin: what is measured next is what stays. */
() => {
  const RULES = "*, *::before, *::after { transition: none !important; animation: none !important; }";
  const roots = new Set([document]);
  for (const element of window.__look.all()) roots.add(element.getRootNode());
  for (const root of roots) {
    if (root.adoptedStyleSheets.some((sheet) => sheet.lookFreezes)) continue;
    const view = (root.ownerDocument ?? root).defaultView;
    const sheet = new view.CSSStyleSheet();
    sheet.lookFreezes = true;
    sheet.replaceSync(RULES);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  }
}
