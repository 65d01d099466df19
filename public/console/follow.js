/**
 * Keeps the end of what grows in view while `isGrowing`, unless the reader has scrolled up. `stay` does so once, at the
 * end of the growing; `go` leads there from wherever the reader is.
 * @param {HTMLElement} panel what scrolls where the window is wide; elsewhere the page does
 * @param {HTMLElement} content
 * @param {() => boolean} isGrowing
 */
export function followEnd(panel, content, isGrowing) {
  const scroller = () => (panel.scrollHeight > panel.clientHeight ? panel : document.documentElement);
  let atEnd = true;
  const look = () => {
    const { scrollHeight, scrollTop, clientHeight } = scroller();
    atEnd = scrollHeight - scrollTop - clientHeight < 40;
  };
  document.addEventListener("scroll", look, { capture: true, passive: true });
  const go = () => {
    scroller().scrollTop = scroller().scrollHeight;
  };
  const observer = new ResizeObserver(() => {
    if (isGrowing() && atEnd) go();
  });
  observer.observe(content);
  return {
    go,
    stay: () => {
      if (atEnd) go();
    },
  };
}
