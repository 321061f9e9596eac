// What can be chosen of the given controls: the text of each, whether it is seen and could be pressed, and whether it
// belongs to the newest answer (stands in it or behind it; without an answer each does).
(controls, answer) => {
  /** The text that people read, without what is only decoration. */
  function textOf(control) {
    const copy = control.cloneNode(true);
    for (const decoration of copy.querySelectorAll("[aria-hidden='true'], svg")) decoration.remove();
    return copy.textContent.trim().replace(/\s+/g, " ");
  }

  /** Whether somebody could press it now. */
  function usable(control) {
    const off = control.matches(":disabled") || control.closest("[aria-disabled='true'], [inert]") !== null;
    return !off && window.getComputedStyle(control).pointerEvents !== "none";
  }

  /** The element itself, or the outermost host of it that stands in the same tree as the answer. */
  function beside(control) {
    const tree = answer.getRootNode();
    let at = control;
    while (at.getRootNode() !== tree && at.getRootNode() instanceof ShadowRoot) at = at.getRootNode().host;
    return at;
  }

  function newest(control) {
    if (answer === null) return true;
    const at = beside(control);
    return answer.contains(at) || (answer.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  }

  return controls.map((control, place) => ({
    ...window.__look.spot(control),
    place,
    text: textOf(control),
    visible: window.__look.visible(control),
    usable: usable(control),
    newest: newest(control),
  }));
}
