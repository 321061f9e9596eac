/** Draw the letters of all texts in one colour, or (null) as the page does. */
(colour) => {
  const clear = (colour ?? null) === null;
  const rules = `*, *::before, *::after, *::placeholder { -webkit-text-fill-color: ${colour} !important;
    text-decoration-color: transparent !important; caret-color: transparent !important; }
    text, tspan { fill: ${colour} !important; }`;
  const roots = new Set([document]);
  for (const element of window.__look.all()) roots.add(element.getRootNode());
  for (const root of roots) {
    const others = [...root.adoptedStyleSheets].filter((sheet) => !sheet.lookInks);
    const view = (root.ownerDocument ?? root).defaultView;
    const sheet = new view.CSSStyleSheet();
    sheet.lookInks = true;
    sheet.replaceSync(rules);
    root.adoptedStyleSheets = clear ? others : [...others, sheet];
  }
}
