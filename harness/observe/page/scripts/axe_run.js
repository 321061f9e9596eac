/** Run axe and tell what it found: where each element is, its box in the outermost viewport, its ids that are lost. */
async ({ within, options }) => {
  const REFERENCES = ["labelledby", "describedby", "details", "owns", "controls", "activedescendant"];

  /** The element that a path leads to, one part for each frame and shadow root on the way; null in another origin. */
  function found(parts) {
    let root = document;
    let element = null;
    for (const part of parts) {
      element = root?.querySelector(part) ?? null;
      root = element?.shadowRoot ?? element?.contentDocument ?? null;
    }
    return element;
  }

  /** Attributes that name ids, none of which is there. */
  function lost(element) {
    const root = element.getRootNode();
    return REFERENCES.map((one) => `aria-${one}`).filter((name) => {
      const ids = (element.getAttribute(name) ?? "").split(/\s+/).filter(Boolean);
      return ids.length > 0 && ids.every((id) => !root.getElementById(id));
    });
  }

  /** Where a node of axe's is. Its target is a list of lists where shadow roots are on the way. */
  function placed(node) {
    const parts = node.target.flat(Infinity);
    const element = found(parts);
    if (!element) return { where: parts.join(" >> "), box: null };
    const spot = window.__look.spot(element);
    const here = element.ownerDocument === document; // inside frames axe's own path is the one that holds
    return { ...spot, where: here ? spot.where : parts.join(" >> "), lost: lost(element) };
  }

  const told = await window.axe.run(within ? { include: [[within]] } : document, options);
  const results = [["violations", "violation"], ["incomplete", "incomplete"]].flatMap(([list, kind]) =>
    told[list].flatMap((rule) => rule.nodes.map((node) => ({
      rule: rule.id,
      kind,
      impact: node.impact ?? rule.impact ?? "",
      help: rule.help,
      help_url: rule.helpUrl,
      tags: rule.tags,
      html: node.html.slice(0, 200),
      summary: node.failureSummary ?? "",
      ...placed(node),
    }))));
  const applied = new Set([...told.passes, ...told.violations, ...told.incomplete].map((rule) => rule.id));
  return { version: window.axe.version, applied: applied.size, results };
}
